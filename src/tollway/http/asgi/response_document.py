"""Refusals and headers of answers as OpenAPI, for every endpoint alike."""

from typing import Any

from tollway.http.ignored_params import HEADER as IGNORED_PARAMS

SCHEMA_REFERENCE = "#/components/schemas/"
ERROR_EXAMPLE = {
    "message": "Body validation error: model: expected string, received number 5",
    "path": "/v1/chat/completions",
    "requestId": "6f9a0b0e-6d58-4f0e-9d2f-0c3f4f2f6c1a",
    "statusCode": 400,
    "timestamp": "2026-08-01T12:00:00.000Z",
    "error": {
        "message": "Body validation error: model: expected string, received number 5",
        "type": "invalid_request_error",
        "param": "model",
        "code": "invalid_request_body",
    },
}
REFUSALS = {
    "400": "The request is malformed: a field or a parameter is wrong or missing.",
    "401": "The key is missing, unknown, disabled or deleted.",
    "405": "The path does not take this method.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "429": "A rate or concurrency limit was reached; `Retry-After` says when to come again.",
    "500": "A bug in the server.",
    "502": "The upstream answered nonsense, or refused this server.",
    "503": "The server cannot do this at present.",
    "504": "The upstream was too slow.",
}
"""What a refusal means where a route says nothing of its own."""
HEADERS: dict[str, tuple[str, str]] = {
    "allow": ("The methods that the path takes.", "string"),
    "cache-control": ("How long and by whom the answer may be kept.", "string"),
    "content-disposition": ("What to call the file.", "string"),
    "etag": ("Names this very content; sent back in `If-None-Match` it saves the transfer.", "string"),
    "retry-after": ("Seconds until it is worth trying again.", "integer"),
    "set-cookie": ("The session's cookie.", "string"),
    "www-authenticate": ("How to authenticate.", "string"),
    "x-aimlapi-credits-used": ("Credits that the answer cost.", "integer"),
    "x-aimlapi-usd-spent": ("The same in US dollars.", "string"),
    "x-client-request-id": ("Echo of the caller's own id.", "string"),
    IGNORED_PARAMS: ("Fields of the request that had no effect.", "string"),
    "x-inference-id": ("Id of this call in the log and on the bill.", "string"),
    "x-ratelimit-limit-requests": ("Requests that the key may make in a minute.", "integer"),
    "x-ratelimit-remaining-requests": ("Requests that are left of them.", "integer"),
    "x-ratelimit-reset-requests": ("Seconds until all of them are back.", "integer"),
    "x-ratelimit-limit-concurrent": ("Calls that the key may have under way at once.", "integer"),
    "x-ratelimit-remaining-concurrent": ("Calls that are left of them.", "integer"),
    "x-request-id": ("The inference id, under the name that OpenAI SDKs read.", "string"),
    "x-served-by": ("Who answered; a stand-in says so.", "string"),
}
"""The headers of answers: their meaning, and the type of their value."""
COST_HEADERS = ("x-aimlapi-credits-used", "x-aimlapi-usd-spent")
CALL_HEADERS = ("x-inference-id", "x-request-id", "x-client-request-id")
RATE_LIMIT_HEADERS = tuple(name for name in HEADERS if name.startswith("x-ratelimit-"))
_SOMETIMES = frozenset({"retry-after", "x-client-request-id", IGNORED_PARAMS, *RATE_LIMIT_HEADERS, *COST_HEADERS})
"""Headers that an answer may do without."""
_OF_REFUSAL = {
    "401": ("www-authenticate",),
    "405": ("allow",),
    "429": ("retry-after",),
    "502": ("retry-after",),
    "503": ("retry-after",),
}


def error_response(status: str, description: str = "", more_headers: tuple[str, ...] = ()) -> dict[str, Any]:
    """Describe a refusal with this status; without a description it means what it means everywhere."""
    response = {
        "description": description or REFUSALS[status],
        "content": {"application/json": {"schema": {"$ref": SCHEMA_REFERENCE + "ErrorBody"}}},
    }
    names = (*more_headers, *_OF_REFUSAL.get(status, ()))
    return response | ({"headers": header_notes(names)} if names else {})


def header_notes(names: tuple[str, ...]) -> dict[str, Any]:
    """Describe headers of an answer."""
    return {
        name: {
            "description": HEADERS[name][0],
            "required": name not in _SOMETIMES,
            "schema": {"type": HEADERS[name][1]},
        }
        for name in names
    }
