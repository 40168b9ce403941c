"""Every refusal has the contract's status, body and words, at both paths of the endpoint."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.support import contract
from tests.support.command_line import Commands
from tests.support.gateway import FLAGSHIP
from tests.support.served import (
    BODY_BYTES_MAX,
    DEPRECATED,
    FAILING,
    NARROW,
    PATHS,
    PICKY,
    SLOW,
    UNPRICED,
    UNREACHABLE,
    UNSERVED,
    Served,
    chat,
    plain_client,
    serve,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")

Json = dict[str, Any]

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": "Hi"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://images.example.org/cat.png"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def body(**changes: Any) -> Json:  # noqa: ANN401 - any JSON
    return {"model": FLAGSHIP, "messages": [USER]} | changes


def messages(*given: Json) -> Json:
    return body(messages=list(given))


@dataclass(frozen=True)
class Refusal:
    """A request that must be refused, and how; `content` is the raw body where it is no JSON object."""

    status: int
    says: str
    body: Json | None = None
    content: bytes = b""
    param: str | None = None
    code: str | None = None
    method: str = "POST"
    headers: Json = field(default_factory=dict)
    key: str = "first"
    retry_after: str | None = None


def wrong(path: str, expected: str, received: str, given: Json) -> Refusal:
    says = f"Body validation error: {path}: expected {expected}, received {received}"
    return Refusal(400, says, given, param=path, code="invalid_request_body")


def unsupported(path: str, value: str, given: Json) -> Refusal:
    says = f"Unsupported value: '{path}' does not support '{value}' with this model."
    return Refusal(400, says, given, param=path, code="unsupported_value")


WRONG_BODIES = {
    "no JSON": Refusal(400, "Body validation error: body: expected valid JSON, received malformed JSON", content=b"hi"),
    "empty": Refusal(400, "Body validation error: body: expected valid JSON", content=b""),
    "cut off": Refusal(400, "Body validation error: body: expected valid JSON", content=b'{"model": "a"'),
    "no UTF-8": Refusal(400, "Body validation error: body: expected valid JSON", content=b'{"model": "\xff"}'),
    "not a number": Refusal(400, "Body validation error: body: expected valid JSON", content=b'{"top_p": NaN}'),
    "array": Refusal(400, "Body validation error: body: expected object, received array of length 0", content=b"[]"),
    "null": Refusal(400, "Body validation error: body: expected object, received null", content=b"null"),
    "too deep": Refusal(
        400, "Body validation error: body: expected at most 64 levels of nesting", content=b"[" * 90 + b"]" * 90
    ),
    "far too deep": Refusal(400, "Body validation error: body: expected at most 64 levels", content=b"[" * 90_000),
}
WRONG_FIELDS = {
    "model missing": wrong("model", "a value (the field is required)", "nothing", {"messages": [USER]}),
    "messages missing": wrong("messages", "a value (the field is required)", "nothing", {"model": FLAGSHIP}),
    "messages empty": wrong("messages", "array of length >= 1", "array of length 0", messages()),
    "message without role": wrong("messages[0].role", "a value (the field is required)", "nothing", messages({})),
    "message without content": wrong(
        "messages[0].content", "a value (the field is required)", "nothing", messages({"role": "user"})
    ),
    "content null": wrong(
        "messages[0].content", "string or array", "null", messages({"role": "user", "content": None})
    ),
    "tool message with parts": wrong(
        "messages[1].content", "string", "array of length 1",
        messages(USER, {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "x"}]}),
    ),
    "assistant says nothing": wrong(
        "messages[1].content", "a string (there are no tool_calls)", "nothing", messages(USER, {"role": "assistant"})
    ),
    "unknown field of system": wrong("messages[0].mood", "no such field", "an unknown field",
                                     messages(SYSTEM | {"mood": "good"}, USER)),
    "unknown field of a tool": wrong("tools[0].mood", "no such field", "an unknown field",
                                     body(tools=[TOOL | {"mood": "good"}])),
    "unknown field of response_format": wrong("response_format.mood", "no such field", "an unknown field",
                                              body(response_format={"type": "text", "mood": "good"})),
    "stream as text": wrong("stream", "boolean", "string 'yes'", body(stream="yes")),
    "stream_options empty": wrong("stream_options.include_usage", "a value (the field is required)", "nothing",
                                  body(stream_options={})),
    "five stops": wrong("stop", "array of length <= 4", "array of length 5", body(stop=list("abcde"))),
    "129 tools": wrong("tools", "array of length <= 128", "array of length 129", body(tools=[TOOL] * 129)),
    "temperature": wrong("temperature", "number <= 2.0", "number 3", body(temperature=3)),
    "top_p": wrong("top_p", "number >= 0.01", "number 0", body(top_p=0)),
    "seed": wrong("seed", "integer >= 1", "number 0", body(seed=0)),
    "max_tokens": wrong("max_tokens", "integer >= 1", "number 0", body(max_tokens=0)),
    "max_completion_tokens": wrong("max_completion_tokens", "integer", "number 1.5", body(max_completion_tokens=1.5)),
    "presence_penalty": wrong("presence_penalty", "number >= -2.0", "number -3", body(presence_penalty=-3)),
    "tool_choice without tools": wrong("tools", "at least one tool, because tool_choice asks for one", "none",
                                       body(tool_choice="required")),
    "tool_choice of no tool": wrong(
        "tool_choice.function.name", "the name of one of tools", "string 'g'",
        body(tools=[TOOL], tool_choice={"type": "function", "function": {"name": "g"}}),
    ),
    "schema that is none": wrong(
        "response_format.json_schema.schema.type",
        "one of array, boolean, integer, null, number, object, string, or an array of these", "string 'text'",
        body(response_format={"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "text"}}}),
    ),
}  # fmt: skip
WRONG_NAMES = {
    "tool name": Refusal(
        400, "Body validation error: tools[0].function.name: expected a string matching [A-Za-z0-9_-]{1,64}, received"
        " string 'a b'", body(tools=[{"type": "function", "function": {"name": "a b", "parameters": {}}}]),
        param="tools[0].function.name",
    ),
    "format": Refusal(
        400, "Body validation error: response_format.type: expected 'text', 'json_object' or 'json_schema', received"
        " string 'xml'", body(response_format={"type": "xml"}), param="response_format.type",
    ),
    "tool_choice": Refusal(400, "Body validation error: tool_choice", body(tools=[TOOL], tool_choice="some"),
                           param="tool_choice"),
}  # fmt: skip
UNSUPPORTED = {
    "role of nobody": unsupported("messages[0].role", "developer", messages({"role": "developer", "content": "Hi"})),
    "role of other models": unsupported("messages[0].role", "system", messages(SYSTEM, USER) | {"model": NARROW}),
    "image to a text model": unsupported(
        "messages[0].content[0].type", "image_url", messages({"role": "user", "content": [IMAGE]})
    ),
    "file to a text model": unsupported(
        "messages[0].content[0].type", "file", messages({"role": "user", "content": [{"type": "file", "file": {}}]})
    ),
    "order of messages that Qianfan cannot take": unsupported(
        "messages[1].role", "assistant", messages(USER, {"role": "assistant", "content": "Hi"}) | {"model": PICKY}
    ),
    "logprobs": unsupported("logprobs", "true", body(logprobs=True)),
    "n": Refusal(400, "Unsupported value: 'n' does not support '2' with this model", body(n=2), param="n"),
    "logit_bias": Refusal(400, "Unsupported value: 'logit_bias'", body(logit_bias={"50256": -100}), param="logit_bias"),
    "parameter": Refusal(
        400, "Unsupported value: 'prediction' is not supported with this model.",
        body(model=NARROW, prediction={"type": "content", "content": "x"}), param="prediction",
    ),
}  # fmt: skip
LINK = "valid API key is required"
KEYS = {
    "unknown": Refusal(401, LINK, body(), headers={"authorization": "Bearer twkAAAAA" + "0" * 38}),
    "other scheme": Refusal(401, LINK, body(), headers={"authorization": "Basic dHdrOg=="}),
    "no key": Refusal(401, LINK, body(), headers={"authorization": "Bearer"}),
    "missing": Refusal(401, LINK, body(), headers={"authorization": ""}),
    "disabled": Refusal(401, LINK, body(), key="disabled"),
    "deleted": Refusal(401, LINK, body(), key="deleted"),
    "wrong even with a broken body": Refusal(401, LINK, content=b"{", headers={"authorization": "Bearer x"}),
    "management": Refusal(403, "management key cannot run inference", body(), key="management", code="management_key"),
    "other scope": Refusal(403, "lacks the scope 'model:chat'", body(), key="images", code="scope_missing"),
    "out of credits": Refusal(403, "Out of credits", body(), key="poor", code="insufficient_credits"),
    "limit reached": Refusal(403, "Key limit reached", body(), key="limited", code="key_limit_reached"),
    "unpriced model": Refusal(
        403, f"The model '{UNPRICED}' has no price", body(model=UNPRICED), param="model", code="model_not_priced"
    ),
}
ELSEWHERE = {
    "unknown model": Refusal(404, "The model 'a/b' does not exist", body(model="a/b"), param="model",
                             code="model_not_found"),
    "deprecated model": Refusal(404, f"Use '{FLAGSHIP}' instead", body(model=DEPRECATED), param="model",
                                code="model_deprecated"),
    "GET": Refusal(405, "GET is not allowed here. Allowed: POST, OPTIONS.", method="GET", code="method_not_allowed"),
    "DELETE": Refusal(405, "DELETE is not allowed here", method="DELETE", code="method_not_allowed"),
    "too large": Refusal(413, f"longer than {BODY_BYTES_MAX} bytes", content=b" " * (BODY_BYTES_MAX + 1),
                         code="request_too_large"),
    "a form": Refusal(415, "must be application/json", content=b"model=a", code="unsupported_media_type",
                      headers={"content-type": "application/x-www-form-urlencoded"}),
    "text": Refusal(415, "must be application/json", content=b"{}", headers={"content-type": "text/plain"}),
    "compressed": Refusal(415, "must not be compressed", content=b"x", headers={"content-encoding": "gzip"}),
}  # fmt: skip
UPSTREAM = {
    "400": Refusal(400, "message of 400", chat("status-400", model=FAILING), code="code_of_400"),
    "unsafe content": Refusal(400, "unsafe input", chat("unsafe", model=FAILING), code="content_filter"),
    "401": Refusal(502, "credentials or configuration", chat("status-401", model=FAILING), code="code_of_401"),
    "403": Refusal(502, "credentials or configuration", chat("status-403", model=FAILING), code="code_of_403"),
    "404": Refusal(502, "credentials or configuration", chat("status-404", model=FAILING), code="code_of_404"),
    "500": Refusal(502, "upstream failed", chat("status-500", model=FAILING), code="code_of_500"),
    "503": Refusal(503, "unavailable", chat("status-503", model=FAILING), code="code_of_503"),
    "504": Refusal(504, "too long", chat("status-504", model=FAILING), code="code_of_504"),
    "limits us": Refusal(429, "Too Many Requests", chat("limited", model=FAILING), retry_after="7",
                         code="rpm_rate_limit_exceeded"),
    "no JSON": Refusal(502, "could not be understood", chat("not-json", model=FAILING), code="bad_gateway"),
    "malformed JSON": Refusal(502, "could not be understood", chat("malformed-json", model=FAILING)),
    "error with status 200": Refusal(502, "upstream failed", chat("error-in-json", model=FAILING),
                                     code="internal_error"),
    "error as the first event": Refusal(502, "upstream failed", chat("error-in-stream", model=FAILING, stream=True),
                                        code="internal_error"),
    "reset before the first event": Refusal(502, "upstream", chat("reset-at-once", model=FAILING, stream=True)),
    "broken off": Refusal(502, "broke off", chat("cut-body", model=FAILING), code="bad_gateway"),
    "never answers": Refusal(504, "too long", chat("never", model=SLOW), code="upstream_timeout"),
    "nobody listens": Refusal(503, "", chat(model=UNREACHABLE), code="upstream_unavailable"),
    "none configured": Refusal(503, f'[upstreams.NAME] of tollway.toml, with "{UNSERVED}"', chat(model=UNSERVED),
                               code="no_upstream_configured"),
}  # fmt: skip
REFUSALS = {
    f"{group}: {name}": refusal
    for group, table in {
        "body": WRONG_BODIES, "field": WRONG_FIELDS, "name": WRONG_NAMES, "unsupported": UNSUPPORTED, "key": KEYS,
        "request": ELSEWHERE, "upstream": UPSTREAM,
    }.items()
    for name, refusal in table.items()
}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def keys(served: Served) -> dict[str, str]:
    """Keys by what is wrong with them."""
    run = Commands(served.gateway.data).json

    def make() -> dict[str, str]:
        first, poor = served.gateway.first["email"], "poor@example.org"
        run("account", "create", poor)
        made = {
            "poor": run("key", "create", "--account", poor),
            "management": run("key", "create", "--account", first, "--management"),
            "images": run("key", "create", "--account", first, "--scope", "model:image"),
            "limited": run("key", "create", "--account", first, "--limit-usd", "0.000001", "--period", "day"),
            "disabled": run("key", "create", "--account", first),
            "deleted": run("key", "create", "--account", first),
        }
        run("key", "disable", made["disabled"]["prefix"])
        run("key", "delete", made["deleted"]["prefix"])
        return {"first": served.gateway.key} | {name: key["key"] for name, key in made.items()}

    return await asyncio.to_thread(make)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("name", REFUSALS)
async def test_refusal_is_as_the_contract_says(served: Served, keys: dict[str, str], name: str, path: str) -> None:
    refusal = REFUSALS[name]

    response = await send(served, path, refusal, keys[refusal.key])

    assert response.status_code == refusal.status, response.text
    answer = assert_is_refusal(response, path)
    assert refusal.says in answer["message"]
    assert answer["error"]["param"] == refusal.param
    assert answer["error"]["code"]
    assert refusal.code in {None, answer["error"]["code"]}
    assert refusal.retry_after in {None, response.headers.get("retry-after")}


async def send(served: Served, path: str, refusal: Refusal, key: str) -> httpx.Response:
    content = refusal.content if refusal.body is None else json.dumps(refusal.body).encode()
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"} | refusal.headers
    headers = {header: value for header, value in headers.items() if value}
    async with plain_client(served.url) as client:
        return await client.request(refusal.method, path, content=content, headers=headers)


def assert_is_refusal(response: httpx.Response, path: str) -> Json:
    """Assert what all refusals have in common, and return the body."""
    answer: Json = response.json()
    contract.validate_error(answer)
    assert answer["statusCode"] == response.status_code
    assert answer["path"] == path
    assert answer["error"]["message"] == answer["message"]
    assert response.headers["content-type"] == "application/json"
    assert len(response.headers["x-inference-id"]) == 21
    assert "x-aimlapi-credits-used" not in response.headers
    return answer


async def test_refusals_about_keys_and_money_link_their_page(served: Served, keys: dict[str, str]) -> None:
    pages = {}
    for name in ("unknown", "management", "other scope", "limit reached", "out of credits"):
        response = await send(served, PATHS[0], KEYS[name], keys[KEYS[name].key])
        pages[name] = response.json()["message"].rpartition(" ")[2].rstrip(".")

    keys_page, billing_page = f"{served.url}/app/keys", f"{served.url}/app/billing"
    assert pages == dict.fromkeys(pages, keys_page) | {"out of credits": billing_page}


async def test_401_and_405_say_what_would_be_taken(served: Served, keys: dict[str, str]) -> None:
    unauthorized = await send(served, PATHS[0], KEYS["missing"], keys["first"])
    not_allowed = await send(served, PATHS[0], ELSEWHERE["GET"], keys["first"])

    assert unauthorized.headers["www-authenticate"] == "Bearer"
    assert not_allowed.headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/nothing", "/v1/chat/completions/more", "/v1/chat", "/v2/chat/completions"]
)
async def test_unknown_path_is_404(served: Served, path: str) -> None:
    async with served.client() as client:
        response = await client.post(path, json=body())

    assert response.status_code == 404
    answer = response.json()
    contract.validate_error(answer)
    assert (answer["statusCode"], answer["path"]) == (404, path)
    assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("script", ["error-mid-stream", "reset-mid", "close-mid", "malformed-events", "no-finish"])
@pytest.mark.parametrize("path", PATHS)
async def test_stream_that_breaks_ends_with_the_error_and_never_with_a_stop(
    served: Served, script: str, path: str
) -> None:
    async with served.client() as client:
        response = await client.post(path, json=chat(script, model=FAILING, stream=True))

    assert response.status_code == 200
    *chunks, error, done = [line.removeprefix("data: ") for line in response.text.split("\n\n")[:-1]]
    assert done == "[DONE]"
    contract.validate_error(json.loads(error))
    assert json.loads(error)["statusCode"] == 502
    assert json.loads(error)["path"] == path
    assert chunks
    for chunk in map(json.loads, chunks):
        contract.validate_chunk(chunk)
        assert chunk["choices"][0]["finish_reason"] is None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def tight(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Served]:
    """A server that takes little."""
    async with serve(tmp_path_factory.mktemp("tight"), limits="header_bytes = 2000\nrequests_per_minute = 1") as both:
        yield both


async def test_too_many_requests(tight: Served) -> None:
    async with tight.client() as client:
        passed = await client.post(PATHS[0], json=chat())
        refused = await client.post(PATHS[0], json=chat())

    assert passed.status_code == 200
    assert passed.headers["x-ratelimit-limit-requests"] == "1"
    assert passed.headers["x-ratelimit-remaining-requests"] == "0"
    assert refused.status_code == 429
    answer = assert_is_refusal(refused, PATHS[0])
    assert answer["message"] == "Too Many Requests"
    assert answer["error"]["code"] == "rate_limit_exceeded"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-remaining-requests"] == "0"


async def test_headers_too_large(tight: Served) -> None:
    async with tight.client() as client:
        refused = await client.post(PATHS[0], json=chat(), headers={"x-large": "x" * 3000})

    assert refused.status_code == 431
    assert_is_refusal(refused, PATHS[0])
