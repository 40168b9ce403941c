"""The packaged server as a real process, for tests: started, called, stopped and killed like an operator's."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

_TOLLWAY = Path(sys.executable).with_name("tollway")
_START_LIMIT_S = 240.0
# Longer than the server lets running answers finish.
_STOP_LIMIT_S = 120.0
FLAGSHIP = "baidu/ernie-x1-turbo-32k"
MODEL_AT_UPSTREAM = "ernie-x1-turbo-32k"


class CommandFailedError(Exception):
    """A command ended with another exit code than 0; has its code and what it wrote to standard error."""

    def __init__(self, code: int, error: str) -> None:
        super().__init__(f"exit code {code}: {error}")
        self.code = code
        self.error = error


class Gateway:
    """One server on a data folder; ``start`` and ``stop`` may alternate.

    Attributes:
        url: where it listens, once it is started.
        first: the first account with password and key, from the first start.
    """

    def __init__(
        self, folder: Path, *, settings: str = "", environment: Mapping[str, str] | None = None, engine: bool = False
    ) -> None:
        """Prepare a server in ``folder``; ``settings`` is more of ``tollway.toml``."""
        self.data = folder / "data"
        self._config = folder / "tollway.toml"
        self._log = folder / "tollway.log"
        engine_table = "" if engine else "[engine]\nenabled = false\n"
        self._config.write_text(engine_table + settings)
        self._environment = {**os.environ, **(environment or {})}
        # Without compiled modules each start would take seconds longer than an operator's.
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
        self._process: asyncio.subprocess.Process | None = None
        self.url = ""
        self.first: dict[str, Any] = {}

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def key(self) -> str:
        """The first API key."""
        key: str = self.first["key"]
        return key

    @property
    def headers(self) -> dict[str, str]:
        """What a caller with the first key sends."""
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def log(self) -> str:
        """What the server wrote to standard error, of all its runs."""
        return self._log.read_text(errors="replace")

    async def start(self) -> None:
        """Start the server and return once it answers."""
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                _TOLLWAY, "up", "--port", "0", "--no-browser", *self._options(),
                stdout=subprocess.PIPE, stderr=log, env=self._environment,
            )  # fmt: skip
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), _START_LIMIT_S)
        if not line:
            raise AssertionError(f"the server did not start:\n{self.log}")
        report = json.loads(line)
        self.url = report["url"]
        self.first = report["first_account"] or self.first

    async def stop(self) -> int:
        """Ask the server to stop and return its exit code."""
        return await self._end(signal.SIGTERM)

    async def kill(self) -> int:
        """End the server as a crash would."""
        return await self._end(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, and do not wait."""
        assert self._process is not None
        self._process.send_signal(number)

    async def ended(self) -> int:
        """Wait for the process to end, and return its exit code."""
        assert self._process is not None
        return await asyncio.wait_for(self._process.wait(), _STOP_LIMIT_S)

    async def command(self, *arguments: str) -> dict[str, Any]:
        """Run a command with ``--json`` on the same data folder.

        Raises:
            CommandFailedError: its exit code is not 0.
        """
        process = await asyncio.create_subprocess_exec(
            _TOLLWAY, *arguments, *self._options(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self._environment,
        )  # fmt: skip
        output, error = await process.communicate()
        if process.returncode:
            raise CommandFailedError(process.returncode, error.decode() + output.decode())
        answer: dict[str, Any] = json.loads(output)
        return answer

    async def new_account(self, email: str, credits_granted: int) -> str:
        """Make an account with credits, and return an API key of it."""
        await self.command("account", "create", email)
        if credits_granted:
            await self.command("credit", "grant", email, "--credits", str(credits_granted))
        made = await self.command("key", "create", "--account", email)
        key: str = made["key"]
        return key

    async def assert_books_balance(self) -> None:
        """Assert what `tollway ledger verify` proves."""
        try:
            verified = await self.command("ledger", "verify")
        except CommandFailedError as error:
            raise AssertionError(f"the books do not balance: {error}") from error
        assert verified["ok"], verified

    def _options(self) -> list[str]:
        return ["--data-dir", str(self.data), "--config", str(self._config), "--json"]

    async def _end(self, number: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(number)
        try:
            return await asyncio.wait_for(process.wait(), _STOP_LIMIT_S)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise AssertionError(f"the server did not stop:\n{self.log}") from None


def upstream_settings(base_url: str, *, more: str = "", limits: str = "") -> str:
    """Write the settings of a server whose flagship is answered by a scripted upstream, without rate limits."""
    return (
        "[limits]\nrequests_per_minute = 1000000000\nconcurrent_requests = 1000000\n"
        f"account_requests_per_minute = 1000000000\naccount_concurrent_requests = 1000000\n{limits}\n"
        '[upstreams.scripted]\nkind = "openai_compatible"\nallow_private_addresses = true\n'
        f'base_url = "{base_url}"\nmodels = {{ "{FLAGSHIP}" = "{MODEL_AT_UPSTREAM}" }}\n{more}\n'
    )
