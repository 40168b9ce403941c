"""One run of the engine's process, from its start to its end."""

import asyncio
import contextlib
import os
import signal
import sys

import msgspec

from tollway.engine.errors import EngineBrokenError
from tollway.engine.log_file import LogFile
from tollway.engine.worker_protocol import WorkerFacts, WorkerParameters

_PIECE_BYTES = 64 * 1024
_MODULE = "tollway.engine.worker"


class WorkerProcess:
    """The running process; it dies with its standard input, so it never outlives the gateway."""

    def __init__(self, process: asyncio.subprocess.Process, log: LogFile) -> None:
        self._process = process
        self._log = log
        self._logging = asyncio.create_task(self._keep_log(), name="engine log")

    @classmethod
    async def spawn(cls, parameters: WorkerParameters, log: LogFile) -> "WorkerProcess":
        """Start the process and hand it its parameters."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _MODULE,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # Ctrl-C in the terminal reaches the gateway alone, which lets running answers finish first.
            start_new_session=True,
            env=_environment(),
        )
        assert process.stdin is not None
        process.stdin.write(msgspec.json.encode(parameters) + b"\n")
        return cls(process, log)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    async def wait_facts(self) -> WorkerFacts:
        """Wait until the process answers requests.

        Raises:
            EngineBrokenError: it ended before.
        """
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        if not line:
            code = await self.wait_end()
            raise EngineBrokenError(f"the engine's process ended with code {code} at its start: {self._log.tail}")
        return msgspec.json.decode(line, type=WorkerFacts)

    async def wait_end(self) -> int:
        """Wait until the process has ended and its log is written; return its exit code."""
        code = await self._process.wait()
        await self._logging
        return code

    async def stop(self, grace_s: float) -> None:
        """End the process: ask first, and after ``grace_s`` seconds end it by force."""
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
        await self.wait_end()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def _keep_log(self) -> None:
        assert self._process.stderr is not None
        while piece := await self._process.stderr.read(_PIECE_BYTES):
            self._log.write(piece)


def _environment() -> dict[str, str]:
    """Hand on what a program needs to run, and none of the gateway's settings or secrets."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TOLLWAY_")}
