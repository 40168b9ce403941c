"""What the document of one model describes is admitted, and what it leaves out is refused."""

from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.flows.complete_chat.admission import read_request
from tollway.http.asgi.openapi import model_document
from tollway.kit.errors import BadRequestError

FLAGSHIP = Catalog(load_models()).resolve("baidu/ernie-x1-turbo-32k")
SEES_IMAGES = Catalog(load_models()).resolve("baidu/ernie-4.5-turbo-vl-32k")
NARROW = msgspec.structs.replace(
    FLAGSHIP, roles=("user", "assistant"), unsupported_parameters=("seed", "tools"), passed_on=("top_k",)
)
IMAGE = {"type": "image_url", "image_url": {"url": "https://images.example/cat.png"}}


def request(**fields: object) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": "Hello"}], **fields}


def described_as_valid(model: Model, body: dict[str, Any]) -> bool:
    """Whether the document allows the body, where fields that it does not name count as not taken."""
    document = model_document(model, "https://llm.example.org")
    schemas = document["components"]["schemas"]
    if not set(body) <= set(schemas["ChatRequest"]["properties"]):
        return False
    return Draft202012Validator({"$ref": "#/components/schemas/ChatRequest", **document}).is_valid(body)


def admitted(model: Model, body: dict[str, Any]) -> bool:
    try:
        read_request(msgspec.json.encode(body), Catalog([model]))
    except BadRequestError:
        return False
    return True


@pytest.mark.parametrize("model", [FLAGSHIP, SEES_IMAGES, NARROW], ids=["flagship", "images", "narrow"])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"seed": 7},
        {"tools": [{"type": "function", "function": {"name": "look", "parameters": {}}}]},
        {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]},
        {"messages": [{"role": "tool", "content": "8", "tool_call_id": "call_1"}]},
        {"messages": [{"role": "user", "content": [IMAGE]}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]},
        {"temperature": 3},
    ],
    ids=["plain", "seed", "tools", "system", "tool", "image", "text part", "too hot"],
)
def test_a_model_is_described_as_it_is_admitted(model: Model, fields: dict[str, Any]) -> None:
    body = request(model=model.id, **fields)

    assert described_as_valid(model, body) == admitted(model, body)


def test_fields_that_are_passed_on_are_described() -> None:
    properties = model_document(NARROW, "https://llm.example.org")["components"]["schemas"]["ChatRequest"]["properties"]

    assert "top_k" in properties


def test_nothing_is_described_that_nothing_refers_to() -> None:
    schemas = model_document(NARROW, "https://llm.example.org")["components"]["schemas"]

    assert {"ImagePart", "ImageUrl", "FilePart", "SystemMessage", "ToolMessage", "Tool"}.isdisjoint(schemas)


def test_a_form_learns_the_range_and_the_default_of_what_the_model_takes() -> None:
    fields = model_document(NARROW, "https://llm.example.org")["components"]["schemas"]["ChatRequest"]["properties"]

    limit = fields["max_completion_tokens"]
    assert (limit["minimum"], limit["x-clamped-to"]) == (1, NARROW.output_max)
    assert limit["default"] == NARROW.default_output_tokens
    assert (fields["top_k"]["type"], fields["top_k"]["minimum"]) == ("integer", 1)
    assert fields["stream"]["default"] is False
    assert [name for name, field in fields.items() if not field.get("description")] == []
    assert not {"seed", "tools"} & set(fields)


@pytest.mark.parametrize(("name", "thinks"), [(FLAGSHIP.id, True), (SEES_IMAGES.id, False)])
def test_example_of_an_answer_shows_thinking_only_where_the_model_does(name: str, thinks: bool) -> None:
    model = Catalog(load_models()).resolve(name)
    document = model_document(model, "https://llm.example.org")
    operation = document["paths"]["/v1/chat/completions"]["post"]

    example = operation["responses"]["200"]["content"]["application/json"]["example"]

    assert ("reasoning_content" in example["choices"][0]["message"]) is thinks
    assert ("completion_tokens_details" in example["usage"]) is thinks
    assert example["usage"]["total_tokens"] == example["usage"]["prompt_tokens"] + example["usage"]["completion_tokens"]
