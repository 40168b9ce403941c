"""The service surface through its ASGI interface: catalogue, health, metrics, pages, CORS and refusals."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from litestar.testing import TestClient
from litestar.types import ASGIApp

from tests.support.contract import response_validator, validate_error
from tests.support.service_app import PUBLIC_URL, service_app
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.http.service.types import Serving
from tollway.kit.metrics import Metrics

FLAGSHIP = "baidu/ernie-x1-turbo-32k"
validate_models = response_validator("models.json", "/v1/models")
# Beside the contract's fields the entries carry what OpenAI SDKs read, and who answers on this server.
ADDED_TO_ENTRIES = {"object", "created", "owned_by"}
ADDED_TO_INFO = {"servedBy", "standIn"}


def without_additions(answer: dict[str, Any]) -> dict[str, Any]:
    entries = [
        {name: value for name, value in entry.items() if name not in ADDED_TO_ENTRIES} for entry in answer["data"]
    ]
    for entry in entries:
        entry["info"] = {name: value for name, value in entry["info"].items() if name not in ADDED_TO_INFO}
    return answer | {"data": entries}


def ids(answer: dict[str, Any]) -> list[str]:
    return [entry["id"] for entry in answer["data"]]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient[ASGIApp]]:
    with TestClient(service_app(), base_url=PUBLIC_URL) as client:
        yield client


@pytest.mark.parametrize("path", ["/v1/models", "/models", "/api/v1/models"])
@pytest.mark.parametrize("query", ["", "?details=true", "?include=all", "?include=pricing,modalities"])
def test_model_list_has_the_contracts_shape(client: TestClient[ASGIApp], path: str, query: str) -> None:
    answer = client.get(path + query).json()

    validate_models(without_additions(answer))
    assert len(answer["data"]) == 16
    assert answer["data"][0]["id"] == FLAGSHIP


def test_sections_come_only_when_asked_for(client: TestClient[ASGIApp]) -> None:
    def sections(query: str) -> set[str]:
        (entry,) = client.get(f"/v1/models?id={FLAGSHIP}&{query}").json()["data"]
        return {"pricing", "modalities", "capabilities"} & set(entry)

    assert sections("") == set()
    assert sections("include=pricing") == {"pricing"}
    assert sections("include=Pricing, capabilities&include=nonsense") == {"pricing", "capabilities"}
    assert sections("details=1") == sections("include=ALL") == {"pricing", "modalities", "capabilities"}
    assert sections("details=false") == set()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("id=ernie-x1-turbo-32k", 1),
        ("id=ERNIE-X1-Turbo-32K,baidu/ernie-5.0", 2),
        ("id=ernie-x1-turbo-32k&id=ernie-5.0", 2),
        ("id=nothing", 0),
        ("id=", 16),
        ("type=openai/chat-completions", 16),
        ("type=openai/images", 0),
        ("tags=Open-Weights", 8),
        ("modalities=image", 3),
        ("input_modalities=image&capabilities=vision", 3),
        ("output_modalities=image", 0),
        ("output_modalities=TEXT", 16),
        ("capabilities=vision,reasoning", 9),
        ("capabilities=reasoning&tags=preview", 2),
        ("unknown=parameter", 16),
    ],
)
def test_filters(client: TestClient[ASGIApp], query: str, count: int) -> None:
    assert len(client.get(f"/v1/models?{query}").json()["data"]) == count


def test_price_is_quoted_with_its_unit(client: TestClient[ASGIApp]) -> None:
    pricing = client.get(f"/v1/models/{FLAGSHIP}").json()["pricing"]

    assert (pricing["kind"], pricing["currency"]) == ("fixed", "USD")
    assert {unit["name"]: (unit["price"], unit["per"], unit["unit"]) for unit in pricing["units"]} == {
        "input": (0.175, 1_000_000, "token"),
        "cached_input": (0.175, 1_000_000, "token"),
        "output": (0.695, 1_000_000, "token"),
        "reasoning": (0, 1_000_000, "token"),
    }


def test_unpriced_model_is_listed_without_a_price(client: TestClient[ASGIApp]) -> None:
    entry = client.get("/v1/models/baidu/ernie-5.0").json()

    assert "pricing" not in entry
    assert "unpriced" in entry["tags"]


def test_catalogue_says_that_a_stand_in_answers(client: TestClient[ASGIApp]) -> None:
    flagship = client.get(f"/v1/models/{FLAGSHIP}").json()

    assert flagship["info"]["servedBy"] == "embedded"
    assert flagship["info"]["standIn"] is True
    assert {"stand-in", "served-by:embedded"} <= set(flagship["tags"])
    assert "stand-in model answers" in flagship["info"]["description"]
    assert FLAGSHIP in ids(client.get("/v1/models?tags=stand-in").json())


def test_model_with_its_own_upstream_is_no_stand_in() -> None:
    with TestClient(service_app(serving=lambda _: Serving("qianfan"))) as client:
        flagship = client.get(f"/v1/models/{FLAGSHIP}").json()

    assert flagship["info"]["servedBy"] == "qianfan"
    assert "standIn" not in flagship["info"]
    assert "stand-in" not in str(flagship)


def test_model_without_upstream_says_so(client: TestClient[ASGIApp]) -> None:
    entry = client.get("/v1/models/baidu/ernie-4.5-21b-a3b").json()

    assert "servedBy" not in entry["info"]
    assert "no upstream is configured" in entry["info"]["description"]


def test_links_lead_to_this_server_and_work(client: TestClient[ASGIApp]) -> None:
    info = client.get(f"/v1/models/{FLAGSHIP}").json()["info"]

    assert info["docsJson"].startswith(f"{PUBLIC_URL}/docs-json?model=baidu%2Fernie-x1-turbo-32k&endpoint=openai%2F")
    assert info["docsUrl"].startswith(PUBLIC_URL)
    assert "/v1/chat/completions" in client.get(info["docsJson"]).json()["paths"]
    assert client.get(info["docsUrl"]).status_code == 200


@pytest.mark.parametrize(
    "name", [FLAGSHIP, "ernie-x1-turbo-32k", "baidu%2Fernie-x1-turbo-32k", "Baidu/ERNIE-X1-Turbo-32K"]
)
def test_wrapped_model_is_found_by_every_name(client: TestClient[ASGIApp], name: str) -> None:
    answer = client.get(f"/model/{name}").json()

    assert answer["object"] == "model"
    assert answer["data"]["id"] == FLAGSHIP
    validate_models(without_additions({"object": "list", "data": [answer["data"]]}))


def test_unknown_model_is_a_404_with_a_hint(client: TestClient[ASGIApp]) -> None:
    answer = client.get("/v1/models/baidu/ernie-x1-turbo")

    assert answer.status_code == 404
    validate_error(answer.json())
    assert answer.json()["path"] == "/v1/models/baidu/ernie-x1-turbo"
    assert f"Did you mean '{FLAGSHIP}'?" in answer.json()["message"]


def test_deprecated_model_names_its_successor() -> None:
    old = Model(
        id="acme/old", name="Old", developer="Acme", description="Old.", context_length=9, output_max=9,
        default_output_tokens=9, successor=FLAGSHIP,
    )  # fmt: skip
    with TestClient(service_app(catalog=Catalog([*load_models(), old]))) as client:
        answer = client.get("/v1/models/acme/old")

        assert answer.status_code == 404
        assert FLAGSHIP in answer.json()["message"]
        assert "acme/old" not in ids(client.get("/v1/models").json())


def test_list_is_not_sent_again_when_the_client_has_it(client: TestClient[ASGIApp]) -> None:
    first = client.get("/v1/models")
    tag = first.headers["etag"]

    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        again = client.get("/v1/models", headers={"if-none-match": known})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == tag
    assert tag.startswith('"')
    assert client.get("/v1/models", headers={"if-none-match": '"other"'}).status_code == 200
    assert client.get("/v1/models?details=true", headers={"if-none-match": tag}).status_code == 200


def test_etag_changes_with_what_is_told() -> None:
    with TestClient(service_app(serving=lambda _: Serving("qianfan"))) as other, TestClient(service_app()) as one:
        assert one.get("/v1/models").headers["etag"] != other.get("/v1/models").headers["etag"]


async def test_head_answers_as_get_without_the_body() -> None:
    # Clients and servers drop the body of such an answer by themselves, so the app is asked directly.
    async def ask(method: str) -> tuple[Any, dict[bytes, bytes], bytes]:
        sent: list[Any] = []

        async def receive() -> Any:  # noqa: ANN401 - a message of ASGI
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:  # noqa: ANN401 - a message of ASGI
            sent.append(message)

        scope: Any = {
            "type": "http",
            "method": method,
            "path": "/v1/models",
            "raw_path": b"/v1/models",
            "query_string": b"",
            "headers": [],
        }
        await app(scope, receive, send)
        return sent[0]["status"], dict(sent[0]["headers"]), b"".join(message["body"] for message in sent[1:])

    app = service_app()
    head_status, head, nothing = await ask("HEAD")
    get_status, get, body = await ask("GET")

    assert head_status == get_status == 200
    assert nothing == b""
    assert head == get
    assert head[b"content-length"] == str(len(body)).encode()


@pytest.mark.parametrize("path", ["/nothing", "/v1/nothing", "/v1/chat", "/apps"])
def test_unknown_path_is_a_404_in_the_contracts_form(client: TestClient[ASGIApp], path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 404
    validate_error(answer.json())
    assert answer.json()["path"] == path


def test_wrong_method_is_a_405_that_names_the_right_ones(client: TestClient[ASGIApp]) -> None:
    answer = client.post("/v1/models", json={})

    assert answer.status_code == 405
    validate_error(answer.json())
    assert {"GET", "HEAD"} <= set(answer.headers["allow"].split(", "))


def test_missing_parameter_is_a_400(client: TestClient[ASGIApp]) -> None:
    answer = client.get("/docs-json")

    assert answer.status_code == 400
    validate_error(answer.json())
    assert "model" in answer.json()["message"]


def test_bug_is_a_500_without_internals_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    def broken(_: Model) -> Serving:
        raise RuntimeError("the secret reason")

    with TestClient(service_app(serving=broken)) as client, caplog.at_level(logging.ERROR):
        answer = client.get("/v1/models")

    assert answer.status_code == 500
    validate_error(answer.json())
    assert answer.json()["message"] == "Internal server error"
    assert "secret" not in answer.text
    (record,) = [record for record in caplog.records if record.name == "tollway.http.asgi"]
    assert "the secret reason" in str(record.exc_info)
    assert getattr(record, "request_id", None) == answer.json()["requestId"]


def test_every_answer_can_be_read_by_browsers(client: TestClient[ASGIApp]) -> None:
    for path in ("/v1/models", "/nothing", "/health/live"):
        headers = client.get(path, headers={"origin": "https://app.example.org"}).headers
        assert headers["access-control-allow-origin"] == "*"
        assert "x-aimlapi-credits-used" in headers["access-control-expose-headers"]


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/models", "/v1/keys"])
def test_preflight_is_answered_for_every_path(client: TestClient[ASGIApp], path: str) -> None:
    asked = {
        "origin": "https://app.example.org",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type,x-stainless-lang",
    }
    answer = client.options(path, headers=asked)

    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "x-stainless-lang" in answer.headers["access-control-allow-headers"]


def test_origins_can_be_confined() -> None:
    with TestClient(service_app(cors_origins=("https://app.example.org",))) as client:
        allowed = client.get("/v1/models", headers={"origin": "https://app.example.org"})
        refused = client.get("/v1/models", headers={"origin": "https://evil.example.org"})

    assert allowed.headers["access-control-allow-origin"] == "https://app.example.org"
    assert "access-control-allow-origin" not in refused.headers
    assert refused.headers["vary"] == "Origin"


def test_security_headers_are_on_every_answer(client: TestClient[ASGIApp]) -> None:
    for path in ("/v1/models", "/nothing", "/app"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "strict-transport-security" in headers


def test_plain_http_is_not_forced_to_https() -> None:
    with TestClient(service_app(public_url="http://127.0.0.1:8080")) as client:
        assert "strict-transport-security" not in client.get("/health/live").headers


def test_readiness_follows_the_checks() -> None:
    async def up() -> bool:
        return True

    async def down() -> bool:
        return False

    async def broken() -> bool:
        raise OSError("disk")

    def state(**checks: Callable[[], Awaitable[bool]]) -> tuple[int, dict[str, Any]]:
        with TestClient(service_app(checks=checks)) as client:
            answer = client.get("/health/ready")
            return answer.status_code, answer.json()

    assert state(database=up, ledger=up) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "ledger": "ok"}, "engine": "ready"},
    )
    for bad in (down, broken):
        status, report = state(database=up, ledger=bad)
        assert status == 503
        assert report["status"] == "unavailable"
        assert report["checks"] == {"database": "ok", "ledger": "failed"}


def test_liveness_asks_nothing(client: TestClient[ASGIApp]) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}


def test_metrics_are_shown_in_prometheus_form() -> None:
    metrics = Metrics()
    metrics.requests.increment("chat", "200")
    with TestClient(service_app(metrics=metrics)) as client:
        answer = client.get("/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["content-type"].count("charset") == 1
    assert 'tollway_requests_total{endpoint="chat",status="200"} 1.0' in answer.text


def test_root_leads_browsers_to_the_page(client: TestClient[ASGIApp]) -> None:
    answer = client.get("/", follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (307, "/app")


@pytest.mark.parametrize("path", ["/app", "/app/", "/app/keys", "/app/billing", "/app/models/baidu/ernie-x1.1"])
def test_page_says_what_is_there_and_what_is_not(client: TestClient[ASGIApp], path: str) -> None:
    answer = client.get(path)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert f"{PUBLIC_URL}/v1/chat/completions" in answer.text
    assert FLAGSHIP in answer.text
    assert "no dashboard" in answer.text
    assert "{{" not in answer.text


@pytest.mark.parametrize(
    ("serving", "cap_tokens"),
    [
        (Serving("qianfan"), 4096),
        (Serving("embedded", is_stand_in=True, default_output_tokens=1024), 1024),
        (Serving("generous", default_output_tokens=1_000_000), 28_000),
    ],
    ids=["of the model", "of the stand-in", "beyond the model"],
)
def test_the_document_of_a_model_tells_the_cap_of_what_answers_for_it(serving: Serving, cap_tokens: int) -> None:
    with TestClient(service_app(serving=lambda _: serving)) as client:
        shown = client.get("/docs-json?model=ernie-x1-turbo-32k").json()

    assert shown["components"]["schemas"]["ChatRequest"]["properties"]["max_completion_tokens"]["default"] == cap_tokens
