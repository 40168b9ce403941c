"""The engine's process: started, restarted, stopped, and never left behind."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.engine import ask, call
from tollway.engine.engine import Engine
from tollway.engine.errors import EngineUnavailableError
from tollway.engine.slots import Slots
from tollway.engine.supervisor import EngineSupervisor, RestartPolicy
from tollway.engine.worker_protocol import WorkerParameters
from tollway.kit.http_client import HttpClient
from tollway.upstreams.embedded.upstream import EmbeddedUpstream
from tollway.upstreams.port import BadUpstreamError, UpstreamAnswer, UpstreamUnavailableError

DEADLINE_S = 200.0
POLICY = RestartPolicy(first_delay_s=0.05, longest_delay_s=0.2)
THINKING_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n<think>\n{% endif %}"
)


def _parameters(weights: Path, chat_template: str | None = None) -> WorkerParameters:
    return WorkerParameters(
        weights=str(weights), api_key="", slots=1, context_tokens=512, threads=1, chat_template=chat_template
    )


@contextlib.asynccontextmanager
async def _running(
    parameters: WorkerParameters, folder: Path
) -> AsyncIterator[tuple[EmbeddedUpstream, EngineSupervisor]]:
    http = HttpClient()
    supervisor = EngineSupervisor(parameters, folder, policy=POLICY)
    supervisor.start()
    upstream = EmbeddedUpstream(Engine(supervisor, Slots(1, 2), http, ready_timeout_s=DEADLINE_S))
    try:
        yield upstream, supervisor
    finally:
        await upstream.close()
        await http.close()


async def _read_to_end(answer: UpstreamAnswer) -> None:
    while await answer.next():
        pass


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_gone(pid: int, timeout_s: float = DEADLINE_S) -> None:
    deadline_s = time.monotonic() + timeout_s
    while _is_alive(pid):
        assert time.monotonic() < deadline_s, "the engine's process is still there"
        time.sleep(0.05)


async def test_killed_process_breaks_its_answer_and_comes_back(engine_weights: Path, tmp_path: Path) -> None:
    async with _running(_parameters(engine_weights), tmp_path) as (upstream, supervisor):
        # The first request arrives while the weights load, and waits for them.
        answer = await upstream.open(call("Write a long story.", max_output_tokens=400))
        await answer.next()
        killed = supervisor.pid
        assert killed is not None
        os.kill(killed, signal.SIGKILL)

        with pytest.raises((BadUpstreamError, UpstreamUnavailableError)):
            await _read_to_end(answer)
        assert (await ask(upstream, call(seed=1))).content
        assert supervisor.pid not in {killed, None}


async def test_stop_leaves_no_process_and_refuses_further_requests(engine_weights: Path, tmp_path: Path) -> None:
    async with _running(_parameters(engine_weights), tmp_path) as (upstream, supervisor):
        await supervisor.wait_ready(DEADLINE_S)
        pid = supervisor.pid
        assert pid is not None
        await upstream.close()

        assert not _is_alive(pid)
        assert not supervisor.ready
        with pytest.raises(UpstreamUnavailableError) as refused:
            await upstream.open(call())
        assert refused.value.retry_after_s


async def test_stop_while_loading_leaves_no_process(engine_weights: Path, tmp_path: Path) -> None:
    async with _running(_parameters(engine_weights), tmp_path) as (_upstream, supervisor):
        async with asyncio.timeout(DEADLINE_S):
            while supervisor.pid is None:  # noqa: ASYNC110 - the product has no event for this moment
                await asyncio.sleep(0.01)
        pid = supervisor.pid

    assert not _is_alive(pid)


async def test_damaged_weights_are_reported_and_requests_do_not_wait_forever(tmp_path: Path) -> None:
    weights = tmp_path / "broken.gguf"
    weights.write_bytes(b"GGUF" + bytes(100))
    events: list[tuple[str, str]] = []
    has_failed = asyncio.Event()

    def note(name: str, detail: str) -> None:
        events.append((name, detail))
        has_failed.set()

    supervisor = EngineSupervisor(_parameters(weights), tmp_path, policy=POLICY, on_event=note)
    supervisor.start()
    try:
        async with asyncio.timeout(DEADLINE_S):
            await has_failed.wait()
        with pytest.raises(EngineUnavailableError):
            await supervisor.wait_ready(0.5)
    finally:
        await supervisor.stop()

    assert {name for name, _ in events} == {"engine_start_failed"}
    assert "failed to load model" in events[0][1]
    assert (tmp_path / "engine.log").stat().st_size > 0


async def test_thinking_weights_use_their_own_template(engine_weights: Path, tmp_path: Path) -> None:
    parameters = _parameters(engine_weights, chat_template=THINKING_TEMPLATE)
    async with _running(parameters, tmp_path) as (upstream, supervisor):
        endpoint = await supervisor.wait_ready(DEADLINE_S)
        answered = await ask(upstream, call("Tell me about the sea.", seed=1, max_output_tokens=40))

    assert endpoint.facts.thinks
    assert answered.reasoning
    assert answered.content
    assert answered.usage.reasoning_tokens <= 30
    assert answered.usage.completion_tokens <= 40


def test_process_ends_when_the_gateway_is_killed(engine_weights: Path, tmp_path: Path) -> None:
    gateway = tmp_path / "gateway.py"
    gateway.write_text(
        "import asyncio, pathlib, sys\n"
        "from tollway.engine.supervisor import EngineSupervisor\n"
        "from tollway.engine.worker_protocol import WorkerParameters\n"
        "async def main():\n"
        "    parameters = WorkerParameters(\n"
        "        weights=sys.argv[1], api_key='', slots=1, context_tokens=512, threads=1)\n"
        "    supervisor = EngineSupervisor(parameters, pathlib.Path(sys.argv[2]))\n"
        "    supervisor.start()\n"
        "    await supervisor.wait_ready(240)\n"
        "    print(supervisor.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n",
        encoding="utf-8",
    )
    with subprocess.Popen(
        [sys.executable, gateway, engine_weights, tmp_path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        engine_pid = int(process.stdout.readline())
        assert _is_alive(engine_pid)
        process.kill()

    _wait_gone(engine_pid)
