"""The chat completions endpoint as OpenAPI, made from the types that validate its requests and shape its answers."""

import json
from copy import deepcopy
from typing import Any

import msgspec

from tollway.catalog.types import Model
from tollway.http.asgi.response_document import (
    CALL_HEADERS,
    COST_HEADERS,
    RATE_LIMIT_HEADERS,
    SCHEMA_REFERENCE,
    error_response,
    header_notes,
)
from tollway.http.asgi.security_document import security
from tollway.http.ignored_params import HEADER as IGNORED_PARAMS
from tollway.http.service.access import Access
from tollway.http.service.chunk_types import ChatCompletionChunk
from tollway.http.session_check import CSRF_HEADER
from tollway.wire.chat_request import ChatRequest
from tollway.wire.chat_response import ChatCompletion
from tollway.wire.errors import ErrorBody

CHAT_PATHS = ("/v1/chat/completions", "/chat/completions")
PLAYGROUND_PATH = "/console/v1/chat/completions"
_REFUSALS = ("400", "401", "403", "404", "405", "413", "415", "429", "500", "502", "503", "504")
_OWN_WORDS = {
    "400": "A field is wrong or missing, or this model does not take it.",
    "403": "Out of credits, key limit reached, or the key may not do this.",
    "404": "The model is unknown or deprecated.",
    "503": "The upstream is unavailable, or none is configured for the model.",
}
_BEFORE_LIMITS = frozenset({"401", "405", "413", "415"})
"""Refusals of callers whose limits were not looked at yet."""
_FIELD_NOTES = {
    "model": "Id or alias of the model.",
    "messages": "The conversation so far, oldest first.",
    "max_completion_tokens": "Most tokens of the answer, reasoning and visible ones together. Wins over `max_tokens`.",
    "max_tokens": "Older name of `max_completion_tokens`.",
    "stream": "Send the answer as server-sent events while it arises.",
    "stream_options": "What the stream carries beside the answer.",
    "tools": "Functions that the model may call.",
    "tool_choice": "Whether and which function the model must call.",
    "parallel_tool_calls": "Whether one answer may call several functions.",
    "temperature": "Randomness of the choice of words; lower is more predictable.",
    "top_p": "Share of probability from which words are chosen.",
    "stop": "Up to four texts at which the visible answer ends.",
    "frequency_penalty": "Positive values make repetition less likely, the more often a word was used.",
    "presence_penalty": "Positive values make it less likely that a word is used again.",
    "prediction": "Text that the answer will probably repeat.",
    "seed": "Asks for the same answer to the same request, where the upstream can.",
    "response_format": "Form of the visible answer: text, a JSON object, or JSON that follows a schema.",
}
_DEFAULTS: dict[str, object] = {
    "stream": False,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "response_format": {"type": "text"},
}
"""What holds for every model where a field is left out; temperature and the like are then each model's own choice."""
_ANSWER_HEADERS = (*CALL_HEADERS, "x-served-by", IGNORED_PARAMS, *COST_HEADERS, *RATE_LIMIT_HEADERS)
_EVENT = {
    "type": "object",
    "description": "One event of the stream. What breaks after the first byte is told in an event, before the end.",
    "required": ["data"],
    "properties": {
        "data": {
            "anyOf": [
                {"const": "[DONE]"},
                {
                    "type": "string",
                    "contentMediaType": "application/json",
                    "contentSchema": {
                        "anyOf": [
                            {"$ref": SCHEMA_REFERENCE + "ChatCompletionChunk"},
                            {"$ref": SCHEMA_REFERENCE + "ErrorBody"},
                        ]
                    },
                },
            ]
        }
    },
}
_EXAMPLE_CHUNK = {
    "id": "as-7k2m9x4qpd",
    "object": "chat.completion.chunk",
    "created": 1767225600,
    "model": "ernie-x1-turbo-32k",
    "choices": [{"index": 0, "delta": {"content": "17 minus 9 is 8."}, "finish_reason": None}],
}
_EXAMPLE_ANSWER = {
    "id": "as-7k2m9x4qpd",
    "object": "chat.completion",
    "created": 1767225600,
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "17 minus 9 is 8.",
                "reasoning_content": "Ten from seventeen leaves seven, and one more makes eight.",
            },
            "finish_reason": "stop",
            "flag": 0,
        }
    ],
    "usage": {
        "prompt_tokens": 14,
        "completion_tokens": 25,
        "total_tokens": 39,
        "completion_tokens_details": {"reasoning_tokens": 15},
    },
    "meta": {"usage": {"credits_used": 19, "usd_spent": 0.0000095}},
}


def chat_components() -> dict[str, Any]:
    """Return the schemas of requests, answers, chunks and errors by name."""
    types = (ChatRequest, ChatCompletion, ChatCompletionChunk, ErrorBody)
    _, schemas = msgspec.json.schema_components(types, ref_template=SCHEMA_REFERENCE + "{name}")
    for name, note in _FIELD_NOTES.items():
        schemas["ChatRequest"]["properties"][name]["description"] = note
    for name, value in _DEFAULTS.items():
        schemas["ChatRequest"]["properties"][name]["default"] = value
    # The type sends the number as the text that it was written as, which says nothing of its kind.
    schemas["CreditsUsed"]["properties"]["usd_spent"] = {"type": "number"}
    # Python's `$` lets a final line break pass, hence the look-ahead there; in JSON Schema it does not.
    schemas["FunctionDefinition"]["properties"]["name"]["pattern"] = "^[A-Za-z0-9_-]{1,64}$"
    schemas["JsonSchema"]["properties"]["name"]["pattern"] = "^[A-Za-z0-9_-]{1,64}$"
    return schemas


def chat_operation(models: tuple[Model, ...], operation_id: str) -> dict[str, Any]:
    """Return the operation for the given models, the first of which the examples name."""
    return {
        "operationId": operation_id,
        "tags": ["Chat"],
        "summary": "Ask a model",
        "description": "Answers a conversation, as one JSON object or as a stream.",
        "security": [{"bearer": []}],
        "parameters": [
            {
                "name": "X-Client-Request-Id",
                "in": "header",
                "required": False,
                "description": "Your own id of this call, echoed in the answer. One that is not 1 to 128 characters of "
                "`[A-Za-z0-9._:-]` is left aside.",
                "schema": {"type": "string"},
                "example": "order-4711",
            }
        ],
        "requestBody": {"required": True, "content": {"application/json": _request_content(models)}},
        "responses": {"200": _answer(models)} | {status: _refusal(status) for status in _REFUSALS},
    }


def playground_operation(models: tuple[Model, ...]) -> dict[str, Any]:
    """Return the operation of the web app's playground: the same call, by a signed-in person in the place of a key."""
    operation = chat_operation(models, "createPlaygroundChatCompletion")
    forbidden = f"Out of credits, the header `{CSRF_HEADER}` is missing or wrong, or another site's page sends this."
    operation["responses"] |= {
        "401": error_response("401", "Nobody is signed in.", CALL_HEADERS),
        "403": error_response("403", forbidden, (*CALL_HEADERS, *RATE_LIMIT_HEADERS)),
    }
    return operation | {
        "tags": ["Console"],
        "summary": "Ask a model from the playground",
        "description": "Answers and bills a conversation as `/v1/chat/completions` does, for a signed-in person.",
        "security": security(Access.SESSION, is_change=True),
    }


def _request_content(models: tuple[Model, ...]) -> dict[str, Any]:
    names = {"type": "object", "properties": {"model": {"enum": [model.id for model in models]}}}
    return {
        "schema": {"allOf": [{"$ref": SCHEMA_REFERENCE + "ChatRequest"}, names]},
        "examples": {
            "first call": {
                "value": {
                    "model": models[0].id,
                    "messages": [{"role": "user", "content": "What is 17 minus 9?"}],
                }
            },
            "stream": {
                "value": {
                    "model": models[0].id,
                    "messages": [
                        {"role": "system", "content": "Answer in one sentence."},
                        {"role": "user", "content": "Why is the sky blue?"},
                    ],
                    "max_completion_tokens": 800,
                    "stream": True,
                    "stream_options": {"include_usage": True},
                }
            },
        },
    }


def _answer(models: tuple[Model, ...]) -> dict[str, Any]:
    return {
        "description": "The answer: one object, or a stream of chunks that `data: [DONE]` ends.",
        "headers": header_notes(_ANSWER_HEADERS),
        "content": {
            "application/json": {
                "schema": {"$ref": SCHEMA_REFERENCE + "ChatCompletion"},
                "example": _example_answer(models[0]),
            },
            "text/event-stream": {"schema": _EVENT, "example": {"data": json.dumps(_EXAMPLE_CHUNK)}},
        },
    }


def _example_answer(model: Model) -> dict[str, Any]:
    """Return an answer of the model, without thinking where it does none."""
    answer: dict[str, Any] = {**deepcopy(_EXAMPLE_ANSWER), "model": model.bare_name}
    if "reasoning" not in model.capabilities:
        del answer["choices"][0]["message"]["reasoning_content"]
        answer["usage"] = {"prompt_tokens": 14, "completion_tokens": 10, "total_tokens": 24}
    return answer


def _refusal(status: str) -> dict[str, Any]:
    limits = () if status in _BEFORE_LIMITS else RATE_LIMIT_HEADERS
    return error_response(status, _OWN_WORDS.get(status, ""), (*CALL_HEADERS, *limits))
