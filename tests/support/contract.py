"""The published contract as validators, patched with the deviations that it lists, and no others.

Objects of answers are closed: a field that the contract does not know is a drift. Requests stay open, because clients
send more than the schema knows.
"""

import json
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import best_match

Schema = dict[str, Any]
CONTRACT_FOLDER = Path(__file__).parents[1] / "contract"
TEXT_MODEL_FILE = "chat-ernie-x1-turbo-32k.json"
IMAGE_MODEL_FILE = "chat-ernie-4.5-turbo-vl-32k.json"
BILLING_DETAIL_FILE = "billing-detail-v2.json"
CHAT_PATHS = ("/v1/chat/completions", "/chat/completions")

# The section on errors: the platform's own fields, and beside them those that OpenAI SDKs read.
ERROR_SCHEMA: Schema = {
    "type": "object",
    "properties": {
        "message": {"type": "string", "minLength": 1},
        "path": {"type": "string", "pattern": "^/"},
        "requestId": {"type": "string", "format": "uuid"},
        "statusCode": {"type": "integer", "minimum": 400, "maximum": 599},
        "timestamp": {"type": "string", "format": "date-time"},
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string", "minLength": 1},
                "type": {"type": "string", "minLength": 1},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
            "required": ["message", "type", "param", "code"],
        },
    },
    "required": ["message", "path", "requestId", "statusCode", "timestamp", "error"],
}


def validate_request(body: object) -> None:
    """Raise jsonschema's ValidationError unless the body is a chat request of the flagship."""
    _check(_request_validator(TEXT_MODEL_FILE), body)


def validate_image_request(body: object) -> None:
    """Raise jsonschema's ValidationError unless the body is a chat request of a model that takes images."""
    _check(_request_validator(IMAGE_MODEL_FILE), body)


def validate_response(body: object) -> None:
    """Raise jsonschema's ValidationError unless the body is a JSON answer of the contract."""
    _check(_response_validator(), body)


def validate_chunk(body: object) -> None:
    """Raise jsonschema's ValidationError unless the body is one chunk of a stream of the contract."""
    _check(_chunk_validator(), body)


def validate_error(body: object) -> None:
    """Raise jsonschema's ValidationError unless the body is a refusal of the contract."""
    _check(_error_validator(), body)


def response_validator(file_name: str, path: str, method: str = "get") -> Callable[[object], None]:
    """Return a validator of the 200 answers of a service endpoint, as the file describes them."""
    schema = _json_content(_operation(file_name, path, method)["responses"]["200"])
    validator = _validator(patch_billing_detail(schema) if file_name == BILLING_DETAIL_FILE else schema)
    return lambda body: _check(validator, body)


def patch_billing_detail(schema: Schema) -> Schema:
    """Put the list of required fields back to the object whose fields it names."""
    patched = deepcopy(schema)
    patched["required"] = patched["properties"]["autotopup_settings"].pop("required")
    return patched


def patch_response(schema: Schema) -> Schema:
    """Apply what the contract lists for JSON answers."""
    patched = deepcopy(schema)
    choice = patched["properties"]["choices"]["items"]
    choice["properties"]["message"]["properties"]["reasoning_content"] = {"type": "string"}
    choice["properties"]["flag"] = {"type": "integer"}
    patched["properties"]["meta"] = _meta(patched["properties"]["meta"])
    patched["required"].append("meta")
    return patched


def patch_chunk(schema: Schema, meta: Schema) -> Schema:
    """Apply what the contract lists for chunks; ``meta`` is the unpatched schema of the JSON answer's."""
    patched = deepcopy(schema)
    choice = patched["properties"]["choices"]["items"]
    del choice["properties"]["delta"]["required"]
    choice["properties"]["delta"]["properties"]["reasoning_content"] = {"type": "string"}
    choice["properties"]["finish_reason"]["nullable"] = True
    choice["properties"]["flag"] = {"type": "integer"}
    patched["properties"]["meta"] = _meta(meta)
    return patched


def json_schema(schema: Schema, *, alternative: bool = False) -> Schema:
    """Turn a schema of OpenAPI 3.0 into JSON Schema: ``nullable`` becomes a type, examples go.

    ``alternative`` says that the schema is one of several; there a bare ``nullable`` means null, elsewhere anything.
    """
    result = {name: value for name, value in schema.items() if name not in {"nullable", "example"}}
    for name in ("anyOf", "oneOf", "allOf"):
        if name in result:
            result[name] = [json_schema(item, alternative=True) for item in result[name]]
    for name in ("items", "additionalProperties"):
        if isinstance(result.get(name), dict):
            result[name] = json_schema(result[name])
    if "properties" in result:
        result["properties"] = {name: json_schema(inner) for name, inner in result["properties"].items()}
    return _with_null(result, alternative=alternative) if schema.get("nullable") else result


def closed(schema: Schema) -> Schema:
    """Forbid what an object of the JSON Schema does not list, where the schema says nothing of it."""
    result = dict(schema)
    if "properties" in result:
        result["properties"] = {name: closed(inner) for name, inner in result["properties"].items()}
        result.setdefault("additionalProperties", False)
    for name in ("anyOf", "oneOf", "allOf"):
        if name in result:
            result[name] = [closed(item) for item in result[name]]
    if isinstance(result.get("items"), dict):
        result["items"] = closed(result["items"])
    return result


def _with_null(schema: Schema, *, alternative: bool) -> Schema:
    if "type" in schema:
        widened = schema | {"type": [schema["type"], "null"]}
        return widened | {"enum": [*schema["enum"], None]} if "enum" in schema else widened
    if "anyOf" in schema or "oneOf" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    return {"type": "null"} if alternative else schema


def _meta(schema: Schema) -> Schema:
    """The cost is always told in full; warnings are described with the JSON answer."""
    meta = deepcopy(schema)
    meta["properties"]["usage"].pop("nullable")
    meta["properties"]["usage"]["required"] = ["credits_used", "usd_spent"]
    meta["properties"]["warnings"] = {"type": "array", "items": {"type": "string"}}
    return {name: value for name, value in meta.items() if name != "nullable"} | {"required": ["usage"]}


@cache
def _request_validator(file_name: str) -> Draft202012Validator:
    schema = _operation(file_name, CHAT_PATHS[0], "post")["requestBody"]["content"]["application/json"]["schema"]
    return Draft202012Validator(json_schema(schema), format_checker=FormatChecker())


@cache
def _response_validator() -> Draft202012Validator:
    return _validator(patch_response(_answer("application/json")))


@cache
def _chunk_validator() -> Draft202012Validator:
    meta = _answer("application/json")["properties"]["meta"]
    return _validator(patch_chunk(_answer("text/event-stream"), meta))


@cache
def _error_validator() -> Draft202012Validator:
    return _validator(ERROR_SCHEMA)


def _validator(schema: Schema) -> Draft202012Validator:
    converted = closed(json_schema(schema))
    Draft202012Validator.check_schema(converted)
    return Draft202012Validator(converted, format_checker=FormatChecker())


def _answer(content_type: str) -> Schema:
    responses = _operation(TEXT_MODEL_FILE, CHAT_PATHS[0], "post")["responses"]
    schema: Schema = responses["200"]["content"][content_type]["schema"]
    return schema


def _json_content(response: dict[str, Any]) -> Schema:
    schema: Schema = response["content"]["application/json"]["schema"]
    return schema


def _operation(file_name: str, path: str, method: str) -> dict[str, Any]:
    document = json.loads((CONTRACT_FOLDER / "openapi" / file_name).read_text(encoding="utf-8"))
    operation: dict[str, Any] = document["paths"][path][method]
    return operation


def _check(validator: Draft202012Validator, body: object) -> None:
    error = best_match(validator.iter_errors(body))
    if error is not None:
        raise error
