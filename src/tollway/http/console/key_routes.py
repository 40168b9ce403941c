"""The keys of an account over HTTP, for its owner: API keys and management keys."""

from typing import Any

from litestar import Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import SkipValidation
from msgspec.structs import replace

from tollway.flows.own_keys import OWNERS_KEYS
from tollway.http.console.key_views import (
    EXAMPLE_KEY,
    EXAMPLE_NEW_KEY,
    OwnersKeyAnswer,
    OwnersKeyBody,
    OwnersKeyList,
    OwnersNewKeyAnswer,
    owners_key,
    owners_new_key,
)
from tollway.http.ignored_params import HEADER
from tollway.http.service.access import ACCESS, Access, SessionCaller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.key_bodies import KeyUpdateBody, fields_of_body, key_update, new_key
from tollway.http.service.key_routes import Prefix, ignored_header
from tollway.http.service.key_views import DeletedKey, DeletedKeyAnswer
from tollway.http.service.requests import read_json_with_unknown
from tollway.http.service.types import ServiceDependencies
from tollway.keys.types import KeyKind

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Person = NamedDependency[SkipValidation[SessionCaller]]
_TAGS = ["Console: keys"]
_UNKNOWN = refusal("The account has no key of this prefix.")
_REFUSED = refusal("The session's token is missing or wrong, or the prefix is that of an operator key.")


@get(
    "/console/v1/keys",
    tags=_TAGS,
    summary="List the owner's keys",
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=OwnersKeyList([EXAMPLE_KEY]))},
)
async def list_owners_keys(deps: Dependencies, caller: Person) -> OwnersKeyList:
    """List the account's API keys and management keys, oldest first, without the keys themselves."""
    return OwnersKeyList([owners_key(own) for own in await deps.own_keys.list_all(caller.account_id, OWNERS_KEYS)])


@post(
    "/console/v1/keys",
    tags=_TAGS,
    summary="Make a key",
    status_code=200,
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(
            takes=OwnersKeyBody,
            is_optional=True,
            example={"name": "laptop", "kind": "api", "limit": {"retention": "month", "threshold": 10}},
            answer=OwnersNewKeyAnswer(EXAMPLE_NEW_KEY),
            headers=("cache-control", HEADER),
        ),
    },
    responses={409: refusal("The account has as many keys as it may have.")},
)
async def create_owners_key(
    request: Request[Any, Any, Any], deps: Dependencies, caller: Person
) -> Response[OwnersNewKeyAnswer]:
    """Make an API key or a management key. This answer is the only one that ever shows the key itself."""
    body, values = await read_json_with_unknown(request, OwnersKeyBody, allow_empty=True)
    with fields_of_body():
        wanted = replace(new_key(body, await request.body()), kind=KeyKind(body.kind))
        own, key = await deps.own_keys.create(caller.account_id, wanted, caller.actor)
    headers = {"cache-control": "no-store", **ignored_header(values, OwnersKeyBody)}
    return Response(OwnersNewKeyAnswer(owners_new_key(own, key)), headers=headers)


@patch(
    "/console/v1/keys/{prefix:str}",
    tags=_TAGS,
    summary="Change a key",
    opt={
        ACCESS: Access.SESSION,
        DESCRIBED: Described(
            takes=KeyUpdateBody, example={"limit": None}, answer=OwnersKeyAnswer(EXAMPLE_KEY), headers=(HEADER,)
        ),
    },
    responses={403: _REFUSED, 404: _UNKNOWN},
)
async def change_owners_key(
    request: Request[Any, Any, Any], deps: Dependencies, caller: Person, prefix: Prefix
) -> Response[OwnersKeyAnswer]:
    """Change what the body names of a key; a limit is merged with the one that there is, and null takes it away."""
    body, values = await read_json_with_unknown(request, KeyUpdateBody)
    with fields_of_body():
        wanted = key_update(body, await request.body())
        own = await deps.own_keys.update(caller.account_id, prefix, wanted, caller.actor)
    return Response(OwnersKeyAnswer(owners_key(own)), headers=ignored_header(values, KeyUpdateBody))


@delete(
    "/console/v1/keys/{prefix:str}",
    tags=_TAGS,
    summary="Delete a key",
    status_code=200,
    opt={ACCESS: Access.SESSION, DESCRIBED: Described(answer=DeletedKeyAnswer(DeletedKey("twkA1b2C")))},
    responses={403: _REFUSED, 404: _UNKNOWN},
)
async def delete_owners_key(deps: Dependencies, caller: Person, prefix: Prefix) -> DeletedKeyAnswer:
    """Delete a key for good; calls with it are refused from then on. What it was charged stays in the usage."""
    deleted = await deps.own_keys.delete(caller.account_id, prefix, caller.actor)
    return DeletedKeyAnswer(DeletedKey(deleted.prefix))
