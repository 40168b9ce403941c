"""The engine as its callers see it: one process, its slots, and answers."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tollway.engine.client import ANSWER_TIMEOUT_S, EngineClient
from tollway.engine.errors import EngineUnavailableError
from tollway.engine.generation import Generation
from tollway.engine.plan import AnswerPlan, plan_answer
from tollway.engine.slots import SlotLease, Slots
from tollway.engine.supervisor import Endpoint, EngineSupervisor
from tollway.engine.worker_protocol import WorkerParameters
from tollway.kit.http_client import HttpClient
from tollway.kit.settings import EngineSettings
from tollway.wire.chat_request import ChatRequest

READY_TIMEOUT_S = 30.0
"""How long a request waits for an engine that is starting."""

_NOTICE_TIMEOUT_S = 1.0
"""A process that does not answer any more has ended, or will be known to have within this time."""


class EndpointSource(Protocol):
    """What knows where the engine answers: in the product, the supervisor of its process."""

    @property
    def ready(self) -> bool:
        """Whether the engine answers."""
        ...

    def start(self) -> None:
        """Begin to start the engine, and return at once."""
        ...

    async def wait_ready(self, timeout_s: float) -> Endpoint:
        """Return where the engine answers, waiting for its start if need be.

        Raises:
            EngineUnavailableError: it does not answer within ``timeout_s``, or is stopped.
        """
        ...

    async def wait_gone(self, endpoint: Endpoint, timeout_s: float) -> None:
        """Wait until it is known that the engine at this endpoint has ended, at most ``timeout_s``."""
        ...

    async def stop(self) -> None:
        """End the engine."""
        ...


class Engine:
    """Answers chat requests with local weights, a bounded number at once."""

    def __init__(
        self,
        source: EndpointSource,
        slots: Slots,
        http: HttpClient,
        *,
        ready_timeout_s: float = READY_TIMEOUT_S,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._source = source
        self._slots = slots
        self._http = http
        self._ready_timeout_s = ready_timeout_s
        self._answer_timeout_s = answer_timeout_s

    @property
    def ready(self) -> bool:
        """Whether the engine answers at present."""
        return self._source.ready

    @property
    def slots(self) -> Slots:
        """The slots and their queue, for metrics."""
        return self._slots

    def start(self) -> None:
        """Begin to start the process, and return at once; requests wait for it."""
        self._source.start()

    async def stop(self) -> None:
        """End the process; running answers break off."""
        await self._source.stop()

    async def answer(self, request: ChatRequest, max_output_tokens: int) -> Generation:
        """Begin an answer of at most ``max_output_tokens``, reasoning included.

        It must be complete within ``answer_timeout_s`` of this call, the wait for a slot included, or it breaks off.

        Raises:
            EngineRequestError: the request does not fit, or asks for what the engine cannot do.
            EngineBusyError: all slots are taken, and the queue is full or the wait was too long.
            EngineUnavailableError: the engine is not running.
            EngineBrokenError: the engine broke off.
        """
        deadline_s = asyncio.get_running_loop().time() + self._answer_timeout_s
        plan = plan_answer(request)
        lease = await self._slots.acquire(plan.affinity)
        try:
            return await self._begin(plan, max_output_tokens, lease, deadline_s)
        except BaseException:
            lease.release()
            raise

    async def _begin(self, plan: AnswerPlan, max_output_tokens: int, lease: SlotLease, deadline_s: float) -> Generation:
        """Begin at the engine that is ready, and once more at its successor when it turns out to be gone."""
        for is_last in (False, True):
            endpoint = await self._source.wait_ready(self._ready_timeout_s)
            client = EngineClient(self._http, endpoint, deadline_s=deadline_s)
            generation = Generation(client, endpoint, plan, max_output_tokens, lease)
            try:
                await generation.begin()
            except EngineUnavailableError:
                if is_last:
                    raise
                await self._source.wait_gone(endpoint, _NOTICE_TIMEOUT_S)
            else:
                return generation
        raise AssertionError("the last try returns or raises")


def make_engine(
    weights: Path,
    settings: EngineSettings,
    data_dir: Path,
    http: HttpClient,
    *,
    on_event: Callable[[str, str], None] | None = None,
) -> Engine:
    """Put an engine together that answers with a GGUF file, without starting it.

    Its log goes to ``engine.log`` in the data folder; ``on_event`` is told of starts and ends (``EngineSupervisor``).
    """
    parameters = WorkerParameters(
        weights=str(weights),
        api_key="",
        slots=settings.slots,
        context_tokens=settings.context_tokens,
        threads=settings.threads,
    )
    return Engine(
        EngineSupervisor(parameters, data_dir, on_event=on_event), Slots(settings.slots, settings.queue), http
    )
