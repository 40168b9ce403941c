"""A server with a scripted upstream behind it and one model for each way in which a call may go."""

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.gateway import FLAGSHIP, Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.upstream_answers import Answer, json_body, stream_events
from tests.support.upstream_scripts import Script, ScriptFor, json_script, stream_script

PATHS = ("/v1/chat/completions", "/chat/completions")
BODY_BYTES_MAX = 200_000
FIRST_BYTE_TIMEOUT_S = 0.3

FAILING = "baidu/ernie-5.0-thinking-latest"
"""Has an upstream entry of its own, so that its failures say nothing of the flagship's upstream."""
SLOW = "baidu/ernie-x1.1-preview"
"""Its upstream must begin to answer within ``FIRST_BYTE_TIMEOUT_S``."""
VISION = "baidu/ernie-4.5-turbo-vl-32k"
PICKY = "baidu/ernie-4.5-21b-a3b"
"""Its upstream is spoken to as Qianfan, which refuses much."""
QIANFAN_KEY = "bce-v3/ALTAK-of-tests"
TAGGED = "baidu/ernie-4.5-21b-a3b-thinking"
"""Its upstream knows it by the name of a model whose template opens the thinking."""
UNREACHABLE = "baidu/ernie-4.5-8k-preview"
"""Nobody listens where its upstream should be."""
UNSERVED = "baidu/ernie-4.5-300b-a47b"
UNPRICED = "baidu/ernie-5.0"
DEPRECATED = "example/old"
NARROW = "example/narrow"
"""Takes neither the role ``system`` nor the field ``prediction``, and passes ``reasoning_effort`` on."""

_NARROW_FILE = f"""
id = "{NARROW}"
name = "Narrow"
developer = "Example"
description = "Takes little."
context_length = 8192
output_max = 1024
default_output_tokens = 512
roles = ["user", "assistant", "tool"]
unsupported_parameters = ["prediction"]
passed_on = ["reasoning_effort"]
price = {{ input_nanousd = 1000, output_nanousd = 2000, reasoning_nanousd = 3000 }}
"""
_DEPRECATED_FILE = f"""
id = "{DEPRECATED}"
name = "Old"
developer = "Example"
description = "Was replaced."
context_length = 8192
output_max = 1024
default_output_tokens = 512
successor = "{FLAGSHIP}"
"""
_UPSTREAMS = """
[upstreams.failing]
{where}
models = {{ "{failing}" = "failing" }}

[upstreams.slow]
{where}
first_byte_timeout_s = {timeout_s}
total_timeout_s = {timeout_s}
models = {{ "{slow}" = "slow" }}

[upstreams.others]
{where}
models = {{ "{vision}" = "vision", "{narrow}" = "narrow", "{tagged}" = "ERNIE-4.5-21B-A3B-Thinking" }}

[upstreams.picky]
kind = "qianfan"
allow_private_addresses = true
base_url = "{base_url}"
key_env = "QIANFAN_KEY_OF_TESTS"
models = {{ "{picky}" = "ernie-x1-turbo-32k" }}

[upstreams.unreachable]
kind = "openai_compatible"
base_url = "http://127.0.0.1:9"
allow_private_addresses = true
models = {{ "{unreachable}" = "unreachable" }}
"""

CITY = {"city": "Paris", "population": 2_100_000}
ANSWERS = {
    "city": Answer(content=json.dumps(CITY), reasoning="A city is wanted.", reasoning_tokens=3, completion_tokens=12),
    "flagged": Answer(content="Careful.", reasoning="Hm.", reasoning_tokens=1, completion_tokens=3, flag=3),
    "plain": Answer(content="Hello there.", completion_tokens=3),
    "stops": Answer(content="One. Two. STOP Three.", reasoning="Not STOP here.", reasoning_tokens=4),
    "cut": Answer(content="This ends in the", finish_reason="length"),
    "filtered": Answer(content="", finish_reason="content_filter", completion_tokens=1, flag=4),
    "spain": Answer(content="The weather in Köln is fine.", reasoning="The tool says fine.", reasoning_tokens=5,
                    completion_tokens=12),
}  # fmt: skip
"""Answers beside the ready-made scripts, by the name of their script."""


@dataclass(frozen=True)
class Served:
    """The server and its upstream, both running."""

    gateway: Gateway
    upstream: ScriptedUpstream

    @property
    def url(self) -> str:
        """Where the server listens."""
        return self.gateway.url

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        """Make a client with the first key, or another one."""
        return plain_client(self.url, {"Authorization": f"Bearer {key or self.gateway.key}"})


def plain_client(url: str, headers: Mapping[str, str] | None = None) -> httpx.AsyncClient:
    """Make a client for plain HTTP; to read the machine's certificates would take it longer than a call."""
    no_certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=60.0, verify=no_certificates)


@asynccontextmanager
async def serve(folder: Path, *, limits: str = "") -> AsyncIterator[Served]:
    """Run both; ``limits`` is used instead of wide ones. At the end the server's log must be free of errors."""
    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(ScriptedUpstream())
        upstream.scripts |= {name: _script_for(answer) for name, answer in ANSWERS.items()}
        cut_body = json_body(ANSWERS["plain"])[:60]
        upstream.learn("cut-body", Script(pieces=(cut_body,), length_known=False, ending="close"))
        where = f'kind = "openai_compatible"\nallow_private_addresses = true\nbase_url = "{upstream.base_url}"'
        more = _UPSTREAMS.format(
            where=where,
            base_url=upstream.base_url,
            timeout_s=FIRST_BYTE_TIMEOUT_S,
            failing=FAILING,
            slow=SLOW,
            vision=VISION,
            narrow=NARROW,
            picky=PICKY,
            tagged=TAGGED,
            unreachable=UNREACHABLE,
        )
        settings = upstream_settings(upstream.base_url, more=more, limits=f"body_bytes = {BODY_BYTES_MAX}")
        if limits:
            settings = "[limits]\n" + limits + settings[settings.index("\n[upstreams") :]
        environment = {"TOLLWAY_CATALOG_DIR": str(_catalog(folder)), "QIANFAN_KEY_OF_TESTS": QIANFAN_KEY}
        gateway = Gateway(folder, settings=settings, environment=environment)
        yield Served(await stack.enter_async_context(gateway), upstream)
        # Whatever a test provoked, a bug within the server shows here.
        assert '"level":"error"' not in gateway.log, gateway.log


def chat(script: str = "page", *, model: str = FLAGSHIP, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Write a request; its last message names the script that answers it."""
    return {"model": model, "messages": [{"role": "user", "content": f"script:{script}"}], **fields}


def events_of(text: str) -> list[dict[str, Any]]:
    """Read a whole stream, which must end with ``[DONE]`` and hold nothing but data lines and blank ones."""
    assert text.endswith("data: [DONE]\n\n"), text[-200:]
    lines = text.split("\n\n")[:-2]
    assert all(line.startswith("data: ") and "\n" not in line for line in lines), lines
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def choices_of(events: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """The one choice of each chunk that has one."""
    return [event["choices"][0] for event in events if event["choices"]]


def _script_for(answer: Answer) -> ScriptFor:
    body, stream = json_script(json_body(answer)), stream_script(stream_events(answer))
    return lambda wants_stream: stream if wants_stream else body


def _catalog(folder: Path) -> Path:
    catalog = folder / "models"
    catalog.mkdir()
    (catalog / "narrow.toml").write_text(_NARROW_FILE)
    (catalog / "old.toml").write_text(_DEPRECATED_FILE)
    return catalog
