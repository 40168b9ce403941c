"""Operations of the OpenAPI document: the framework's account of a route, completed from what the route declares."""

from collections.abc import Iterable
from types import NoneType
from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from tollway.http.asgi.response_document import SCHEMA_REFERENCE, error_response, header_notes
from tollway.http.asgi.security_document import security
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.described import DESCRIBED, Described
from tollway.http.session_check import CSRF_HEADER
from tollway.wire.errors import ErrorBody

_FORBIDDEN = {
    Access.API_KEY: "Only API keys may do this.",
    Access.ANY_KEY: "Operator keys belong to no account's endpoints.",
    Access.MANAGEMENT_KEY: "Only management keys may do this.",
    Access.SESSION: f"The header `{CSRF_HEADER}` is missing or wrong.",
    Access.OPERATOR: "The caller is no operator, or a session's change came without its token.",
}
_UNKNOWN_CALLER = {
    Access.SESSION: "Nobody is signed in.",
    Access.OPERATOR: "No valid operator key and no session came with the request.",
}
_IF_NONE_MATCH = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The `ETag` of the content that you have; while it holds, the answer is 304 without a body.",
    "schema": {"type": "string"},
}
_NOT_MODIFIED = {"description": "The content is still the one that you have.", "headers": header_notes(("etag",))}
_OF_EVERY_OPERATION = ("400", "500")
_OF_EVERY_BODY = ("413", "415")
_SAFE_METHODS = frozenset({"GET", "HEAD"})
_NOTHING_TOLD = Described()


class TypeSchemas:
    """The schemas of the types that bodies and answers of routes are made of."""

    def __init__(self, handlers: Iterable[HTTPRouteHandler]) -> None:
        types: list[type[Struct]] = [ErrorBody]
        rules: dict[type[Struct], dict[str, Any]] = {}
        for handler in handlers:
            told = described(handler)
            answers = [response.data_container for response in (handler.responses or {}).values()]
            types += [kind for kind in (told.takes, answer_type(handler), *answers) if _is_struct(kind)]
            if told.takes is not None and told.rule:
                rules[told.takes] = told.rule
        types = list(dict.fromkeys(types))
        template = SCHEMA_REFERENCE + "{name}"
        references, self.components = msgspec.json.schema_components(types, ref_template=template)
        self._references = dict(zip(types, references, strict=True))
        for kind, rule in rules.items():
            self.components[self._references[kind]["$ref"].removeprefix(SCHEMA_REFERENCE)].update(rule)

    def of(self, kind: type[Struct]) -> dict[str, Any]:
        """Refer to the schema of one of the types."""
        return dict(self._references[kind])


def described(handler: HTTPRouteHandler) -> Described:
    """Return what a route tells of itself."""
    told: Described = handler.opt.get(DESCRIBED, _NOTHING_TOLD)
    return told


def answer_type(handler: HTTPRouteHandler) -> Any:  # noqa: ANN401 - any type
    """Return the type of what a route answers, without the response that it may come in."""
    returned = handler.parsed_fn_signature.return_type
    within = returned.inner_types if returned.is_subclass_of(Response) else ()
    return within[0].annotation if within else returned.annotation


def complete(operation: dict[str, Any], handler: HTTPRouteHandler, path: str, schemas: TypeSchemas) -> None:
    """Complete the framework's account of a route at one of its paths."""
    told, access = described(handler), Access(handler.opt[ACCESS])
    is_change = not handler.http_methods <= _SAFE_METHODS
    operation["operationId"] = _operation_id(handler, path)
    operation["security"] = security(access, is_change=is_change)
    parameters = operation.get("parameters", [])
    for parameter in parameters:
        parameter["schema"] = _sendable(parameter["schema"])
    if "etag" in told.headers:
        operation["parameters"] = [*parameters, _IF_NONE_MATCH]
    if told.takes is not None:
        operation["requestBody"] = _request_body(told, schemas.of(told.takes))
    responses = operation["responses"]
    _complete_success(responses[str(handler.status_code)], handler, told, schemas)
    if "etag" in told.headers:
        responses["304"] = _NOT_MODIFIED
    responses |= _refusals(handler, access, is_change=is_change)
    operation["responses"] = dict(sorted(responses.items()))


def _operation_id(handler: HTTPRouteHandler, path: str) -> str:
    """Name the operation like its handler; of several paths, the versioned one has the plain name."""
    first, *rest = handler.fn.__name__.split("_")
    name = first + "".join(map(str.capitalize, rest))
    if len(handler.paths) == 1 or path.startswith("/v"):
        return name
    return f"{name}At{''.join(part.capitalize() for part in path.split('/'))}"


def _sendable(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe what can be sent as a parameter: null cannot, and the framework writes whole bounds as floats."""
    if "oneOf" in schema:
        rest = {name: value for name, value in schema.items() if name != "oneOf"}
        choices = [choice for choice in schema["oneOf"] if choice != {"type": "null"}]
        schema = {**choices[0], **rest} if len(choices) == 1 else {"oneOf": choices, **rest}
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in schema.items()
    }


def _request_body(told: Described, schema: dict[str, Any]) -> dict[str, Any]:
    content = {"schema": schema} if told.example is None else {"schema": schema, "example": told.example}
    return {"required": not told.is_optional, "content": {"application/json": content}}


def _complete_success(
    response: dict[str, Any], handler: HTTPRouteHandler, told: Described, schemas: TypeSchemas
) -> None:
    kind = answer_type(handler)
    if kind is None or kind is NoneType:
        response.pop("content", None)
    for content in response.get("content", {}).values():
        if _is_struct(kind):
            content["schema"] = schemas.of(kind)
        if told.answer is not None:
            content["example"] = msgspec.to_builtins(told.answer)
    if told.headers:
        response["headers"] = header_notes(told.headers)


def _refusals(handler: HTTPRouteHandler, access: Access, *, is_change: bool) -> dict[str, Any]:
    """Describe the refusals that follow from access and body, and those that the route declares, in its own words."""
    words = dict.fromkeys(_OF_EVERY_OPERATION, "")
    if access is not Access.PUBLIC:
        words["401"] = _UNKNOWN_CALLER.get(access, "")
    if access is not Access.PUBLIC and (is_change or access is not Access.SESSION):
        words["403"] = _FORBIDDEN[access]
    if described(handler).takes is not None:
        words |= dict.fromkeys(_OF_EVERY_BODY, "")
    for status, response in (handler.responses or {}).items():
        if response.data_container is ErrorBody:
            words[str(status)] = response.description
    return {status: error_response(status, text) for status, text in words.items()}


def _is_struct(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)
