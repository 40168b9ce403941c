"""Finding the fields that a client sent beyond the schema, with their paths, so that none is dropped in silence."""

from typing import Any, get_args

import msgspec
from msgspec import Struct

from tollway.wire.chat_request import ChatRequest

Shape = dict[str, "FieldShape"]


class FieldShape(Struct):
    """What lies below a field: the shapes of the objects it may hold, by tag, or nothing to look into."""

    tag_field: str | None = None
    by_tag: dict[str | None, Shape] = msgspec.field(default_factory=dict)


def unknown_fields(raw: dict[str, Any]) -> list[str]:
    """List the paths of fields that the chat request's types do not know, in the order of the body."""
    found: list[str] = []
    _walk(raw, _CHAT_SHAPE, "", found)
    return found


def _walk(raw: dict[str, Any], shape: Shape, prefix: str, found: list[str]) -> None:
    for name, value in raw.items():
        field = shape.get(name)
        if field is None:
            found.append(prefix + name)
        elif field.by_tag and type(value) is not str:
            _walk_value(value, field, prefix + name, found)


def _walk_value(value: object, field: FieldShape, path: str, found: list[str]) -> None:
    if isinstance(value, list):
        for index, item in enumerate(value):
            _walk_value(item, field, f"{path}[{index}]", found)
    elif isinstance(value, dict):
        tag = value.get(field.tag_field) if field.tag_field else None
        shape = field.by_tag.get(tag)
        if shape is not None:
            _walk(value, shape, path + ".", found)


def _shape_of(kind: type[Struct]) -> Shape:
    shape: Shape = {}
    info = kind.__struct_config__
    if info.tag_field is not None:
        shape[info.tag_field] = FieldShape()
    for field in msgspec.structs.fields(kind):
        structs = _structs_in(field.type)
        tag_field = structs[0].__struct_config__.tag_field if structs else None
        shape[field.encode_name] = FieldShape(tag_field, {_tag_of(struct): _shape_of(struct) for struct in structs})
    return shape


def _tag_of(kind: type[Struct]) -> str | None:
    tag = kind.__struct_config__.tag
    return tag if isinstance(tag, str) else None


def _structs_in(annotation: Any) -> list[type[Struct]]:  # noqa: ANN401 - any type annotation
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return [annotation]
    return [struct for part in get_args(annotation) for struct in _structs_in(part)]


_CHAT_SHAPE = _shape_of(ChatRequest)
