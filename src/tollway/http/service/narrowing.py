"""One model's share of the chat schemas: what it does not take is not described."""

from typing import Any

from tollway.catalog.types import Model

_MESSAGES = {"user": "UserMessage", "system": "SystemMessage", "tool": "ToolMessage", "assistant": "AssistantMessage"}
_MEDIA = ("ImagePart", "FilePart")
_REFERENCE = "#/components/schemas/"
_LIMIT_FIELDS = ("max_completion_tokens", "max_tokens")


def narrow(schemas: dict[str, Any], model: Model) -> dict[str, Any]:
    """Return the schemas without what the model refuses, with what is passed on to it, and without unused ones.

    The rules are those by which requests are admitted (``flows.complete_chat.admission``). ``schemas`` is changed.
    """
    request = schemas["ChatRequest"]
    for name in model.unsupported_parameters:
        request["properties"].pop(name, None)
    for name in model.passed_on:
        request["properties"][name] = {"description": "Handed to the model as it is."}
    for name in _LIMIT_FIELDS:
        if name in request["properties"]:
            request["properties"][name]["description"] += f" More than {model.output_max:,} count as that many."
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
