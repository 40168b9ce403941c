"""One model's share of the chat schemas: what it does not take is not described."""

from copy import deepcopy
from typing import Any

from tollway.catalog.types import Model

_MESSAGES = {"user": "UserMessage", "system": "SystemMessage", "tool": "ToolMessage", "assistant": "AssistantMessage"}
_MEDIA = ("ImagePart", "FilePart")
_REFERENCE = "#/components/schemas/"
_LIMIT_FIELDS = ("max_completion_tokens", "max_tokens")
_CLAMPED_TO = "x-clamped-to"
"""The largest value that has an effect; JSON Schema's `maximum` would say that larger ones are refused."""
_PASSED_ON: dict[str, dict[str, Any]] = {
    "top_k": {
        "type": "integer",
        "minimum": 1,
        "description": "How many of the likeliest words are chosen from. Handed to the model as it is.",
    },
    "min_p": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "description": "Words less likely than this share of the likeliest one's probability are left out. Handed to "
        "the model as it is.",
    },
    "repetition_penalty": {
        "type": "number",
        "exclusiveMinimum": 0,
        "maximum": 2,
        "default": 1,
        "description": "More than 1 makes repetition less likely. Handed to the model as it is.",
    },
}


def narrow(schemas: dict[str, Any], model: Model) -> dict[str, Any]:
    """Return the schemas without what the model refuses, with what is passed on to it, and without unused ones.

    The rules are those by which requests are admitted (``flows.complete_chat.admission``). ``schemas`` is changed.
    """
    request = schemas["ChatRequest"]
    for name in model.unsupported_parameters:
        request["properties"].pop(name, None)
    for name in model.passed_on:
        known = _PASSED_ON.get(name, {"description": "Handed to the model as it is."})
        request["properties"][name] = deepcopy(known)
    for name in _LIMIT_FIELDS:
        if name in request["properties"]:
            field = request["properties"][name]
            field["description"] += f" More than {model.output_max:,} count as that many."
            field |= {"default": model.default_output_tokens, _CLAMPED_TO: model.output_max}
    refused = {name for role, name in _MESSAGES.items() if role not in model.roles}
    if "image" not in model.input_modalities:
        refused.update(_MEDIA)
    _leave_out(schemas, {_REFERENCE + name for name in refused})
    roots = ("ChatRequest", "ChatCompletion", "ChatCompletionChunk", "ErrorBody")
    used = reachable(schemas, [{"$ref": _REFERENCE + name} for name in roots])
    return {name: schema for name, schema in schemas.items() if name in used}


def reachable(schemas: dict[str, Any], node: object) -> set[str]:
    """Follow the references below a node; every schema is looked into once."""
    found: set[str] = set()
    waiting = _references(node)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(_references(schemas[name]))
    return found


def _leave_out(node: object, refused: set[str]) -> None:
    """Take the alternatives that are refused out of every choice below the node."""
    if isinstance(node, list):
        for item in node:
            _leave_out(item, refused)
    elif isinstance(node, dict):
        if "anyOf" in node:
            node["anyOf"] = [choice for choice in node["anyOf"] if choice.get("$ref") not in refused]
        if "discriminator" in node:
            mapping = node["discriminator"]["mapping"]
            node["discriminator"]["mapping"] = {tag: name for tag, name in mapping.items() if name not in refused}
        for item in node.values():
            _leave_out(item, refused)


def _references(node: object) -> list[str]:
    if isinstance(node, list):
        return [name for item in node for name in _references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"].removeprefix(_REFERENCE)] if isinstance(node.get("$ref"), str) else []
    return own + [name for item in node.values() for name in _references(item)]
