"""API keys over HTTP: for the management keys of their account, and for every key itself."""

from typing import Annotated, Any

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, SkipValidation
from msgspec import Struct

from tollway.http.ignored_params import HEADER, ignored_params
from tollway.http.service.access import ACCESS, Access, KeyCaller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.key_bodies import (
    KeyUpdateBody,
    NewKeyBody,
    fields_of_body,
    ignored_paths,
    key_update,
    new_key,
)
from tollway.http.service.key_views import (
    EXAMPLE_KEY,
    EXAMPLE_NEW_KEY,
    DeletedKey,
    DeletedKeyAnswer,
    KeyAnswer,
    KeyListAnswer,
    NewKeyAnswer,
    key_facts,
    new_key_facts,
)
from tollway.http.service.requests import read_json_with_unknown
from tollway.http.service.types import ServiceDependencies

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
KeyHolder = NamedDependency[SkipValidation[KeyCaller]]
Prefix = Annotated[
    str,
    PathParameter(
        description="The first 8 characters of the key, as lists of keys show them.",
        schema_extra={"examples": ["twkA1b2C"]},
    ),
]
_TAGS = ["Keys"]


_UNKNOWN = refusal("The account has no key of this prefix.")
_OTHER_KIND = refusal("The caller is no management key, or the prefix is not that of an API key.")


@get(
    "/v1/key",
    tags=_TAGS,
    summary="Show the key that is calling",
    opt={ACCESS: Access.ANY_KEY, DESCRIBED: Described(answer=KeyAnswer(EXAMPLE_KEY))},
)
async def show_key(deps: Dependencies, caller: KeyHolder) -> KeyAnswer:
    """Return the name, scopes, limit and monthly charges of the key that the request comes with."""
    return KeyAnswer(key_facts(await deps.own_keys.show(caller.entry)))


@get(
    "/v1/keys",
    tags=_TAGS,
    summary="List the API keys",
    opt={ACCESS: Access.MANAGEMENT_KEY, DESCRIBED: Described(answer=KeyListAnswer([EXAMPLE_KEY]))},
)
async def list_keys(deps: Dependencies, caller: KeyHolder) -> KeyListAnswer:
    """List the account's API keys, oldest first, without the keys themselves. Management keys are not listed."""
    return KeyListAnswer([key_facts(own) for own in await deps.own_keys.list_all(caller.account_id)])


@post(
    "/v1/keys",
    tags=_TAGS,
    summary="Make an API key",
    status_code=200,
    opt={
        ACCESS: Access.MANAGEMENT_KEY,
        DESCRIBED: Described(
            takes=NewKeyBody,
            is_optional=True,
            example={"name": "laptop", "scopes": ["model:chat"], "limit": {"retention": "month", "threshold": 10}},
            answer=NewKeyAnswer(EXAMPLE_NEW_KEY),
            headers=("cache-control", "x-ignored-params"),
        ),
    },
    responses={409: refusal("The account has as many keys as it may have.")},
)
async def create_key(request: Request[Any, Any, Any], deps: Dependencies, caller: KeyHolder) -> Response[NewKeyAnswer]:
    """Make an API key of the account. This answer is the only one that ever shows the key itself."""
    body, values = await read_json_with_unknown(request, NewKeyBody, allow_empty=True)
    with fields_of_body():
        wanted = new_key(body, await request.body())
        own, key = await deps.own_keys.create(caller.account_id, wanted, caller.actor)
    headers = {"cache-control": "no-store", **ignored_header(values, NewKeyBody)}
    return Response(NewKeyAnswer(new_key_facts(own, key)), headers=headers)


@patch(
    "/v1/keys/{prefix:str}",
    tags=_TAGS,
    summary="Change an API key",
    opt={
        ACCESS: Access.MANAGEMENT_KEY,
        DESCRIBED: Described(
            takes=KeyUpdateBody, example={"limit": {"threshold": 20}}, answer=KeyAnswer(EXAMPLE_KEY), headers=(HEADER,)
        ),
    },
    responses={403: _OTHER_KIND, 404: _UNKNOWN},
)
async def change_key(
    request: Request[Any, Any, Any], deps: Dependencies, caller: KeyHolder, prefix: Prefix
) -> Response[KeyAnswer]:
    """Change what the body names of an API key of the account; a limit is merged with the one that there is."""
    body, values = await read_json_with_unknown(request, KeyUpdateBody)
    with fields_of_body():
        wanted = key_update(body, await request.body())
        own = await deps.own_keys.update(caller.account_id, prefix, wanted, caller.actor)
    return Response(KeyAnswer(key_facts(own)), headers=ignored_header(values, KeyUpdateBody))


@delete(
    "/v1/keys/{prefix:str}",
    tags=_TAGS,
    summary="Delete an API key",
    status_code=200,
    opt={ACCESS: Access.MANAGEMENT_KEY, DESCRIBED: Described(answer=DeletedKeyAnswer(DeletedKey("twkA1b2C")))},
    responses={403: _OTHER_KIND, 404: _UNKNOWN},
)
async def delete_key(deps: Dependencies, caller: KeyHolder, prefix: Prefix) -> DeletedKeyAnswer:
    """Delete an API key of the account for good. What it was charged stays in the account's usage."""
    deleted = await deps.own_keys.delete(caller.account_id, prefix, caller.actor)
    return DeletedKeyAnswer(DeletedKey(deleted.prefix))


def ignored_header(values: dict[str, Any], kind: type[Struct]) -> dict[str, str]:
    """Name what had no effect in a body, given as plain values."""
    paths = ignored_paths(values, kind)
    return {HEADER: ignored_params(paths)} if paths else {}
