"""The OpenAPI document is valid, complete, and true to what is sent."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, ValidationError
from litestar.testing import TestClient
from openapi_spec_validator import validate

from tests.support import contract
from tests.support.service_app import PUBLIC_URL, service_app
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.http.service.chunk_types import ChatCompletionChunk
from tollway.http.service.openapi import document, model_document
from tollway.http.service.routes import ROUTES
from tollway.wire.chunks import ChunkWriter, encode_meta
from tollway.wire.deltas import TokenUsage, ToolCallDelta

TYPED_PARAMETER = re.compile(r"\{(\w+):\w+\}")


def priced(catalog: Catalog) -> tuple[Model, ...]:
    return tuple(model for model in catalog.all() if model.price is not None)


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog(load_models())


@pytest.fixture(scope="module")
def whole(catalog: Catalog) -> dict[str, Any]:
    return document(priced(catalog), PUBLIC_URL)


def chat_operation(whole: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = whole["paths"]["/v1/chat/completions"]["post"]
    return operation


def component(whole: dict[str, Any], name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"#/components/schemas/{name}", "components": whole["components"]})


def chunks() -> Iterator[bytes]:
    writer = ChunkWriter("as-0123456789", "ernie-x1-turbo-32k", 1)
    yield writer.role()
    yield writer.reasoning("so")
    yield writer.content("8")
    yield writer.tool_calls((ToolCallDelta(0, "call_1", "f", "{"), ToolCallDelta(0, arguments="}")))
    yield writer.flag(1)
    yield writer.finish("stop", meta=encode_meta(391, ["a warning"]))
    yield writer.usage(TokenUsage(13, 601, 323, 5), encode_meta(391))


def test_document_is_valid_openapi(whole: dict[str, Any]) -> None:
    validate(json.loads(json.dumps(whole)))


def test_document_of_every_model_is_valid_openapi(catalog: Catalog) -> None:
    for model in catalog.all():
        described = model_document(model, PUBLIC_URL)
        validate(described)
        schema = chat_operation(described)["requestBody"]["content"]["application/json"]["schema"]
        assert schema["allOf"][1]["properties"]["model"]["enum"] == [model.id]


def test_same_input_gives_the_same_document(catalog: Catalog, whole: dict[str, Any]) -> None:
    assert json.dumps(document(priced(catalog), PUBLIC_URL)) == json.dumps(whole)


def test_server_sends_the_document(whole: dict[str, Any]) -> None:
    with TestClient(service_app()) as client:
        assert client.get("/openapi.json").json() == json.loads(json.dumps(whole))


def test_every_route_of_the_api_is_described(whole: dict[str, Any]) -> None:
    served = {
        (TYPED_PARAMETER.sub(r"{\1}", path), method.lower())
        for route in ROUTES
        for path in route.paths
        for method in route.http_methods
    }
    pages = {("/", "get"), ("/app", "get"), ("/app/keys", "get"), ("/app/billing", "get")}
    inference = {("/v1/chat/completions", "post"), ("/chat/completions", "post")}

    described = {(path, method) for path, operations in whole["paths"].items() for method in operations}

    assert pages < served
    assert described == served - pages | inference
    assert whole["servers"] == [{"url": PUBLIC_URL}]


def test_list_takes_exactly_the_contracts_parameters(whole: dict[str, Any], contract_folder: Path) -> None:
    published = json.loads((contract_folder / "openapi" / "models.json").read_text(encoding="utf-8"))
    ours, theirs = (
        [parameter["name"] for parameter in described["paths"]["/v1/models"]["get"]["parameters"]]
        for described in (whole, published)
    )

    assert ours == theirs


def test_chat_request_has_exactly_the_contracts_fields(whole: dict[str, Any], contract_folder: Path) -> None:
    file = contract_folder / "openapi" / contract.TEXT_MODEL_FILE
    operation = json.loads(file.read_text(encoding="utf-8"))["paths"]["/v1/chat/completions"]["post"]
    published = operation["requestBody"]["content"]["application/json"]["schema"]
    ours = whole["components"]["schemas"]["ChatRequest"]

    assert set(ours["properties"]) == set(published["properties"])
    assert ours["required"] == published["required"]
    assert all("description" in field for field in ours["properties"].values())


def test_examples_follow_both_our_schema_and_the_contract(whole: dict[str, Any]) -> None:
    operation = chat_operation(whole)
    answer = operation["responses"]["200"]["content"]["application/json"]["example"]

    for example in operation["requestBody"]["content"]["application/json"]["examples"].values():
        component(whole, "ChatRequest").validate(example["value"])
        contract.validate_request(example["value"])
    component(whole, "ChatCompletion").validate(answer)
    contract.validate_response(answer)


def test_example_answers_cost_follows_from_its_tokens(whole: dict[str, Any], catalog: Catalog) -> None:
    answer = chat_operation(whole)["responses"]["200"]["content"]["application/json"]["example"]
    price = catalog.all()[0].price
    assert price is not None
    usage = answer["usage"]
    visible = usage["completion_tokens"] - usage["completion_tokens_details"]["reasoning_tokens"]
    cost_nanousd = usage["prompt_tokens"] * price.input_nanousd + visible * price.output_nanousd

    assert answer["meta"]["usage"]["credits_used"] == -(-cost_nanousd // 500)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


@pytest.mark.parametrize(
    "event", list(chunks()), ids=["role", "reasoning", "content", "tools", "flag", "finish", "usage"]
)
def test_sent_chunks_follow_the_described_type_and_the_contract(whole: dict[str, Any], event: bytes) -> None:
    data = event.removeprefix(b"data: ")
    body = json.loads(data)

    msgspec.json.decode(data, type=ChatCompletionChunk)
    component(whole, "ChatCompletionChunk").validate(body)
    contract.validate_chunk(body)


def test_described_chunk_refuses_unknown_fields(whole: dict[str, Any]) -> None:
    body = json.loads(next(chunks()).removeprefix(b"data: "))

    with pytest.raises(ValidationError):
        component(whole, "ChatCompletionChunk").validate(body | {"unknown": 1})


def test_call_needs_a_key_and_the_catalogue_does_not(whole: dict[str, Any]) -> None:
    assert chat_operation(whole)["security"] == [{"bearer": []}]
    assert whole["paths"]["/v1/models"]["get"]["security"] == []


def test_refusals_are_described(whole: dict[str, Any]) -> None:
    responses = chat_operation(whole)["responses"]

    assert set(responses) == {"200", "400", "401", "403", "404", "405", "413", "415", "429", "500", "502", "503", "504"}
    for status in set(responses) - {"200"}:
        assert responses[status]["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}
