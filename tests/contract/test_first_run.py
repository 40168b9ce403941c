"""The first start on an empty folder, and the documented call answered by the model that is embedded."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import pytest_asyncio
from pydantic import BaseModel

from tests.support import contract, plain_curl
from tests.support.engine import lay_weights
from tests.support.gateway import FLAGSHIP
from tests.support.page_samples import SAMPLES, run_sample
from tests.support.served import events_of

# How long the embedded engine talks is up to chance, and to the machine how long that takes.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(1800)]

_TOLLWAY = Path(sys.executable).with_name("tollway")
_LIMIT_S = 900.0
_SECRETS = re.compile(r"(?:password|API key) +(\S+)")
STAND_IN = "smollm2-135m-instruct"
EMBEDDED = f"huggingfacetb/{STAND_IN}"


@dataclass(frozen=True)
class Up:
    """A running `tollway up` and what it printed."""

    process: asyncio.subprocess.Process
    banner: str

    @property
    def url(self) -> str:
        found = re.search(r"Tollway answers at (\S+)", self.banner)
        assert found, self.banner
        return found[1]

    @property
    def key(self) -> str:
        found = re.search(r"API key +(\S+)", self.banner)
        assert found, self.banner
        return found[1]

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def curl_line(self) -> str:
        return self.banner[self.banner.index("curl ") :]

    async def stop(self) -> int:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), _LIMIT_S)


async def start(folder: Path) -> Up:
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            _TOLLWAY, "up", "--port", "0", "--no-browser", "--data-dir", folder / "data",
            cwd=folder, stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip
    assert process.stdout is not None
    banner = ""
    async with asyncio.timeout(_LIMIT_S):
        while "-d '" not in banner:
            line = await process.stdout.readline()
            assert line, (folder / "log").read_text()
            banner += line.decode()
    return Up(process, banner)


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Up]:
    up = await start(folder)
    try:
        yield up
    finally:
        await up.stop()


async def paste(line: str, folder: Path) -> dict[str, Any]:
    """Run a line in a shell; where there is no curl, a stand-in does what the line needs."""
    stand_in = folder / "bin" / "curl"
    stand_in.parent.mkdir(exist_ok=True)
    stand_in.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{plain_curl.__file__}" "$@"\n')
    stand_in.chmod(0o700)
    path = f"{os.environ['PATH']}{os.pathsep}{stand_in.parent}"
    process = await asyncio.create_subprocess_shell(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"PATH": path, "NO_PROXY": "127.0.0.1"}
    )
    output, errors = await asyncio.wait_for(process.communicate(), _LIMIT_S)
    assert process.returncode == 0, errors.decode()
    answer: dict[str, Any] = json.loads(output)
    return answer


def assert_reasoned(answer: dict[str, Any]) -> None:
    contract.validate_response(answer)
    message = answer["choices"][0]["message"]
    assert message["reasoning_content"].strip()
    assert message["content"].strip()
    usage = answer["usage"]
    assert 0 < usage["completion_tokens_details"]["reasoning_tokens"] < usage["completion_tokens"]
    assert answer["model"] == "ernie-x1-turbo-32k"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def up(tmp_path_factory: pytest.TempPathFactory, engine_weights: Path) -> AsyncIterator[Up]:
    """The first start."""
    folder = tmp_path_factory.mktemp("first")
    lay_weights(folder, engine_weights)
    async with running(folder) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(up: Up) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{up.url}/v1", api_key=up.key, max_retries=0, timeout=_LIMIT_S) as one:
        yield one


async def test_banner_shows_what_one_needs(up: Up) -> None:
    assert re.search(r"account +\S+@\S+", up.banner)
    assert re.search(r"password +\S{16,} +\(shown once\)", up.banner)
    assert re.search(r"API key +twk[0-9A-Za-z]{43} +\(shown once\)", up.banner)
    assert re.search(r"credits +20,000,000 \(\$10\)", up.banner)
    assert re.search(rf"dashboard +{re.escape(up.url)}/app", up.banner)
    assert re.search(rf"model +{FLAGSHIP}, answered by embedded, a small stand-in", up.banner)


async def test_pasted_line_is_answered_by_the_embedded_model(up: Up, tmp_path: Path) -> None:
    assert_reasoned(await paste(up.curl_line, tmp_path))


@pytest.mark.parametrize("sample", SAMPLES)
async def test_samples_of_the_page_are_answered_by_the_embedded_model(
    up: Up, sample: str, node: Path, contract_folder: Path, tmp_path: Path
) -> None:
    path = contract_folder / "samples" / sample

    assert_reasoned(await run_sample(path, node, tmp_path, url=up.url, key=up.key))


async def test_answer_says_who_stood_in_and_is_charged_as_the_flagship(up: Up) -> None:
    body = {"model": FLAGSHIP, "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 60, "seed": 1}
    async with httpx.AsyncClient(
        base_url=up.url, headers={"Authorization": f"Bearer {up.key}"}, timeout=_LIMIT_S
    ) as client:
        response = await client.post("/v1/chat/completions", json=body)

    served_by, _, note = response.headers["x-served-by"].partition("; stand-in=")
    assert (served_by, STAND_IN in note.lower()) == ("embedded", True)
    usage = response.json()["usage"]
    visible = usage["completion_tokens"] - usage["completion_tokens_details"]["reasoning_tokens"]
    cost_nanousd = 175 * usage["prompt_tokens"] + 695 * visible
    assert int(response.headers["x-aimlapi-credits-used"]) == -(-cost_nanousd // 500)


async def test_embedded_model_is_free_under_its_own_name(client: openai.AsyncOpenAI) -> None:
    raw = await client.chat.completions.with_raw_response.create(
        model=EMBEDDED, messages=[{"role": "user", "content": "Say hello."}], max_tokens=40
    )

    assert raw.headers["x-served-by"] == "embedded"
    assert raw.headers["x-aimlapi-credits-used"] == "0"
    assert raw.parse().model == STAND_IN


async def test_stream_thinks_first_and_tells_its_cost(up: Up) -> None:
    body = {
        "model": FLAGSHIP,
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": 80,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    async with httpx.AsyncClient(
        base_url=up.url, headers={"Authorization": f"Bearer {up.key}"}, timeout=_LIMIT_S
    ) as client:
        response = await client.post("/v1/chat/completions", json=body)

    events = events_of(response.text)
    for event in events:
        contract.validate_chunk(event)
    kinds = [kind for event in events for choice in event["choices"] for kind in choice["delta"] if kind != "role"]
    spoken = kinds[1:]
    assert spoken == sorted(spoken, reverse=True)
    assert set(spoken) == {"reasoning_content", "content"}
    assert events[-1]["usage"]["completion_tokens"] <= 80
    assert events[-1]["meta"]["usage"]["credits_used"] > 0


async def test_named_tool_is_called_and_its_answer_taken(client: openai.AsyncOpenAI) -> None:
    tool: Any = {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    history: list[Any] = [{"role": "user", "content": "How is the weather in Rome?"}]
    first = await client.chat.completions.create(
        model=FLAGSHIP,
        messages=history,
        tools=[tool],
        tool_choice={"type": "function", "function": {"name": "weather"}},
        max_tokens=200,
        seed=1,
    )
    message = first.choices[0].message
    assert message.tool_calls
    call: Any = message.tool_calls[0]
    assert first.choices[0].finish_reason == "tool_calls"
    assert isinstance(json.loads(call.function.arguments)["city"], str)

    history += [message, {"role": "tool", "tool_call_id": call.id, "content": "Sunny, 24 degrees."}]
    final = await client.chat.completions.create(
        model=FLAGSHIP, messages=history, tools=[tool], tool_choice="none", max_tokens=120, seed=1
    )
    assert final.choices[0].finish_reason in {"stop", "length"}
    assert final.choices[0].message.content


async def test_schema_is_enforced(client: openai.AsyncOpenAI) -> None:
    class City(BaseModel):
        capital: bool
        population: int

    completion = await client.chat.completions.parse(
        model=FLAGSHIP,
        messages=[{"role": "user", "content": "Describe Paris."}],
        response_format=City,
        max_tokens=300,
        seed=1,
    )

    assert isinstance(completion.choices[0].message.parsed, City)
    assert completion.model_extra is not None
    assert "warnings" not in completion.model_extra["meta"]


async def test_conversation_beyond_the_context_is_a_400(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        await client.chat.completions.create(
            model=EMBEDDED, messages=[{"role": "user", "content": "word " * 20_000}], max_tokens=10
        )

    assert caught.value.code == "context_length_exceeded"
    assert "at most 8192 tokens" in caught.value.message


async def test_second_start_shows_no_secrets_and_answers(tmp_path: Path, engine_weights: Path) -> None:
    lay_weights(tmp_path, engine_weights)
    first = await start(tmp_path)
    assert await first.stop() == 0
    secrets = _SECRETS.findall(first.banner)
    assert len(secrets) == 2

    async with running(tmp_path) as second:
        assert "shown once" not in second.banner
        assert not [secret for secret in secrets if secret in second.banner + (tmp_path / "log").read_text()]
        line = second.curl_line.replace("YOUR_KEY", first.key)
        assert line != second.curl_line
        assert_reasoned(await paste(line, tmp_path))
