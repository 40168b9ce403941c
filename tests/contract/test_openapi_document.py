"""The OpenAPI document is valid, complete, and true to what is sent."""

import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError
from litestar.testing import TestClient
from openapi_spec_validator import validate

from tests.support import contract
from tests.support.service_app import PUBLIC_URL, service_app
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.http.asgi.openapi import document, model_document, served
from tollway.http.asgi.operations import described
from tollway.http.asgi.routes import ROUTES
from tollway.http.inference.lane import PATHS
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.chunk_types import ChatCompletionChunk
from tollway.wire.chunks import ChunkWriter, encode_meta
from tollway.wire.deltas import TokenUsage, ToolCallDelta

PAGES = {
    ("/", "get"),
    ("/app", "get"),
    ("/app/{place}", "get"),
    ("/console/v1/single-sign-on", "get"),
    ("/console/v1/single-sign-on/callback", "get"),
}
"""Routes for browsers, which are no part of the API."""
READS_BODY = re.compile(r"\b(?:read_json(?:_with_unknown|_with_amounts)?|request\.body|request\.json|request\.form)\(")
READ_TYPE = re.compile(r"\bread_json(?:_with_unknown|_with_amounts)?\(request, (\w+)")
OPERATION_ID = re.compile(r"[a-z]+([A-Z][a-z0-9]*)*")


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
    return validator(whole, {"$ref": f"#/components/schemas/{name}"})


def operations(whole: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in whole["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def contents(whole: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], list[Any]]]:
    """JSON bodies and answers of success: where they are described, with their schemas and examples."""
    for place, operation in operations(whole):
        responses = {status: one for status, one in operation["responses"].items() if status < "300"}
        for name, one in ({"body": operation.get("requestBody", {})} | responses).items():
            content = one.get("content", {}).get("application/json")
            # What describes the API itself is any object, and an example of it would be longer than all the rest.
            if content is not None and content["schema"].get("additionalProperties") != {}:
                several = [each["value"] for each in content.get("examples", {}).values()]
                yield (
                    f"{place} {name}",
                    content["schema"],
                    several or [content[key] for key in content if key == "example"],
                )


def validator(whole: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": whole["components"]}, format_checker=FormatChecker())


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
        shown = model_document(model, PUBLIC_URL)
        validate(shown)
        schema = chat_operation(shown)["requestBody"]["content"]["application/json"]["schema"]
        assert schema["allOf"][1]["properties"]["model"]["enum"] == [model.id]


def test_same_input_gives_the_same_document(catalog: Catalog, whole: dict[str, Any]) -> None:
    assert json.dumps(document(priced(catalog), PUBLIC_URL)) == json.dumps(whole)


def test_server_sends_the_document(whole: dict[str, Any]) -> None:
    with TestClient(service_app()) as client:
        assert client.get("/openapi.json").json() == json.loads(json.dumps(whole))


def test_every_route_of_the_api_is_described(whole: dict[str, Any]) -> None:
    routes = {(path, method) for path, method, _ in served(ROUTES)}
    inference = {(path, "post") for path in PATHS}

    shown = {(path, method) for path, operations in whole["paths"].items() for method in operations}

    assert routes > PAGES
    assert shown == routes - PAGES | inference
    assert whole["servers"] == [{"url": PUBLIC_URL}]


def test_list_takes_exactly_the_contracts_parameters(whole: dict[str, Any], contract_folder: Path) -> None:
    published = json.loads((contract_folder / "openapi" / "models.json").read_text(encoding="utf-8"))
    ours, theirs = (
        [one["name"] for one in shown["paths"]["/v1/models"]["get"]["parameters"] if one["in"] == "query"]
        for shown in (whole, published)
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


def test_every_body_is_described_by_the_type_that_reads_it() -> None:
    found = {}
    for path, method, handler in served(ROUTES):
        source = inspect.getsource(handler.fn)
        takes, read = described(handler).takes, READ_TYPE.search(source)
        named = takes.__name__ if takes is not None else None
        if named != (read[1] if read else None) or (READS_BODY.search(source) is None) != (takes is None):
            found[path, method] = f"described as {named}, read as {read and read[1]}"

    assert found == {}


def test_every_body_and_every_answer_has_an_example_that_follows_its_schema(whole: dict[str, Any]) -> None:
    assert [place for place, _, examples in contents(whole) if not examples] == []
    found = [
        f"{place}: {error.message}"
        for place, schema, examples in contents(whole)
        for example in examples
        for error in validator(whole, schema).iter_errors(json.loads(json.dumps(example)))
    ]

    assert found == []


def test_examples_within_schemas_follow_them(whole: dict[str, Any]) -> None:
    schemas = whole["components"]["schemas"]

    for schema in schemas.values():
        for example in schema.get("examples", ()):
            validator(whole, schema).validate(example)
    contract.validate_error(schemas["ErrorBody"]["examples"][0])


def test_every_operation_has_a_readable_name_of_its_own(whole: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, operation in operations(whole)]

    assert len(set(names)) == len(names)
    assert [name for name in names if OPERATION_ID.fullmatch(name) is None] == []
    wordless = [
        place for place, one in operations(whole) if not (one["summary"] and one["description"] and one["tags"])
    ]
    assert wordless == []


def test_every_type_has_a_short_name_of_its_own(whole: dict[str, Any]) -> None:
    # Two types of one name would be told apart by the modules that they stand in.
    assert [name for name in whole["components"]["schemas"] if name.startswith("Tollway")] == []


def test_every_parameter_is_described_and_none_is_null(whole: dict[str, Any]) -> None:
    parameters = [(place, one) for place, operation in operations(whole) for one in operation.get("parameters", ())]

    assert [f"{place} {one['name']}" for place, one in parameters if not one.get("description")] == []
    assert [f"{place} {one['name']}" for place, one in parameters if "null" in json.dumps(one["schema"])] == []


def test_refusals_follow_from_access_and_body(whole: dict[str, Any]) -> None:
    for path, method, handler in served(ROUTES):
        if (path, method) in PAGES:
            continue
        operation, access = whole["paths"][path][method], handler.opt[ACCESS]
        statuses = set(operation["responses"])
        assert {"400", "500"} <= statuses, path
        assert "422" not in statuses, path
        assert access is Access.PUBLIC or "401" in statuses, path
        assert ({"413", "415"} <= statuses) == ("requestBody" in operation), path
        assert (operation["security"] == []) == (access is Access.PUBLIC), path


def test_every_refusal_has_the_contracts_form(whole: dict[str, Any]) -> None:
    found = {
        f"{place} {status}": content["schema"]
        for place, operation in operations(whole)
        for status, response in operation["responses"].items()
        for content in response.get("content", {}).values()
        if status >= "400" and content["schema"] != {"$ref": "#/components/schemas/ErrorBody"}
    }

    # Whoever asks whether the server is ready wants to know what is not, whatever the status.
    assert found == {"get /health/ready 503": {"$ref": "#/components/schemas/Readiness"}}


def test_every_scheme_of_access_is_described(whole: dict[str, Any]) -> None:
    used = {name for _, operation in operations(whole) for choice in operation["security"] for name in choice}
    paths = whole["paths"]

    assert used == set(whole["components"]["securitySchemes"])
    assert paths["/v1/keys"]["post"]["security"] == [{"managementKey": []}]
    assert paths["/v1/key"]["get"]["security"] == [{"bearer": []}, {"managementKey": []}]
    assert paths["/admin/v1/models"]["get"]["security"] == [{"operatorKey": []}, {"session": []}]
    by_session: dict[str, list[str]] = {"session": [], "csrfToken": []}
    assert paths["/admin/v1/accounts"]["post"]["security"] == [{"operatorKey": []}, by_session]


@pytest.mark.parametrize(
    ("public_url", "name"),
    [("https://a.example", "__Host-tollway_session"), ("http://a.example", "tollway_session")],
)
def test_the_cookie_has_the_name_that_this_server_gives_it(catalog: Catalog, public_url: str, name: str) -> None:
    schemes = document(priced(catalog), public_url)["components"]["securitySchemes"]

    assert schemes["session"]["name"] == name


def test_nothing_is_described_that_no_operation_uses(whole: dict[str, Any]) -> None:
    text = json.dumps(whole)

    assert [name for name in whole["components"]["schemas"] if f'"#/components/schemas/{name}"' not in text] == []
