"""Keeping the engine's process running."""

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from tollway.engine.errors import EngineBrokenError, EngineUnavailableError
from tollway.engine.log_file import LogFile
from tollway.engine.worker_process import WorkerProcess
from tollway.engine.worker_protocol import WorkerFacts, WorkerParameters

LOG_NAME = "engine.log"
_KEY_BYTES = 32


class RestartPolicy(Struct, frozen=True):
    """When an ended process is started again, and how long a start or a stop may take.

    Attributes:
        first_delay_s: wait before the first restart; it doubles with each further one.
        longest_delay_s: the longest wait.
        stable_s: a process that ran this long is forgiven its earlier ends.
        start_s: longest start; loading large weights from a slow disk takes minutes.
        stop_s: time between asking the process to end and ending it by force.
    """

    first_delay_s: float = 0.5
    longest_delay_s: float = 30.0
    stable_s: float = 60.0
    start_s: float = 600.0
    stop_s: float = 5.0


class Endpoint(Struct, frozen=True):
    """Where the engine answers at present, with the key that it asks for."""

    facts: WorkerFacts
    api_key: str


class EngineSupervisor:
    """Starts the process, starts it again with growing delays when it ends, and stops it."""

    def __init__(
        self,
        parameters: WorkerParameters,
        log_folder: Path,
        *,
        policy: RestartPolicy | None = None,
        on_event: Callable[[str, str], None] | None = None,
    ) -> None:
        """Prepare without starting; the key in ``parameters`` is replaced by a random one at each start.

        ``on_event`` is told of ``engine_ready``, ``engine_ended`` and ``engine_start_failed`` with a detail, for the
        operator's log.
        """
        self._parameters = parameters
        self._log = LogFile(log_folder / LOG_NAME)
        self._policy = policy or RestartPolicy()
        self._on_event = on_event or (lambda _name, _detail: None)
        self._endpoint: Endpoint | None = None
        self._arrival = asyncio.Event()
        self._departure = asyncio.Event()
        self._process: WorkerProcess | None = None
        self._task: asyncio.Task[None] | None = None
        self.last_failure = ""

    @property
    def ready(self) -> bool:
        """Whether the engine answers."""
        return self._endpoint is not None

    @property
    def pid(self) -> int | None:
        """The process id, while there is a process."""
        return self._process.pid if self._process is not None else None

    def start(self) -> None:
        """Begin to start the process, and return at once."""
        self._task = asyncio.create_task(self._supervise(), name="engine supervisor")

    async def wait_ready(self, timeout_s: float) -> Endpoint:
        """Return where the engine answers, waiting for its start if need be.

        Raises:
            EngineUnavailableError: it does not answer within ``timeout_s``, or is stopped.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while self._endpoint is None:
                    if self._task is None:
                        raise EngineUnavailableError("The embedded engine is stopped.", retry_after_s=30)
                    await self._arrival.wait()
        except TimeoutError:
            raise EngineUnavailableError(
                "The embedded engine is not ready yet; try again later.", retry_after_s=10
            ) from None
        return self._endpoint

    async def wait_gone(self, endpoint: Endpoint, timeout_s: float) -> None:
        """Wait until it is known that the engine at this endpoint has ended, at most ``timeout_s``."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while self._endpoint is endpoint:
                    await self._departure.wait()

    async def stop(self) -> None:
        """End the process and supervise no longer; running answers break off."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
        self._arrival.set()
        self._log.close()

    async def _supervise(self) -> None:
        delay_s = self._policy.first_delay_s
        loop = asyncio.get_running_loop()
        while True:
            started_s = loop.time()
            await self._run_once()
            if loop.time() - started_s >= self._policy.stable_s:
                delay_s = self._policy.first_delay_s
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, self._policy.longest_delay_s)

    async def _run_once(self) -> None:
        """Run one process from start to end; however this is left, the process is gone."""
        api_key = secrets.token_urlsafe(_KEY_BYTES)
        parameters = msgspec.structs.replace(self._parameters, api_key=api_key)
        try:
            process = await WorkerProcess.spawn(parameters, self._log)
        except OSError as error:
            self._fail(f"the engine's process could not be started: {error}")
            return
        self._process = process
        try:
            async with asyncio.timeout(self._policy.start_s):
                facts = await process.wait_facts()
            self._endpoint = Endpoint(facts, api_key)
            self._departure.clear()
            self._arrival.set()
            self._on_event("engine_ready", f"pid {process.pid}, port {facts.port}")
            code = await process.wait_end()
            self.last_failure = f"the engine's process ended with code {code}"
            self._on_event("engine_ended", self.last_failure)
        except (EngineBrokenError, TimeoutError, msgspec.DecodeError) as error:
            self._fail(str(error) or "the engine's process took too long to start")
        finally:
            self._endpoint = None
            self._arrival.clear()
            self._departure.set()
            self._process = None
            await process.stop(self._policy.stop_s)

    def _fail(self, reason: str) -> None:
        self.last_failure = reason
        self._on_event("engine_start_failed", reason)
