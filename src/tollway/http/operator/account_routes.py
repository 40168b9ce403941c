"""Accounts over HTTP: who they are, who may run the platform, and credits for them."""

from typing import Annotated, Any, Literal

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, QueryParameter, SkipValidation
from msgspec import UNSET, Meta, Struct, UnsetType

from tollway.accounts.errors import WeakPasswordError, WrongEmailError
from tollway.accounts.passwords import LENGTH_MAX, LENGTH_MIN
from tollway.accounts.types import AccountChange, AccountStatus
from tollway.credits.types import GrantType
from tollway.flows.grant_credits import REFERENCE_LENGTH_MAX, WantedGrant
from tollway.http.operator.account_views import (
    EXAMPLE_ACCOUNT,
    EXAMPLE_GRANT,
    EXAMPLE_NEW_ACCOUNT,
    AccountEntry,
    AccountList,
    GrantAnswer,
    NewAccountAnswer,
    account_entry,
    account_list,
    grant_answer,
    new_account_answer,
)
from tollway.http.operator.bodies import (
    AMOUNT_RULE,
    Credits,
    Moment,
    Usd,
    amount_credits,
    fields_of_body,
)
from tollway.http.service.access import ACCESS, Access, Caller
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.moments import body_moment_ms
from tollway.http.service.requests import read_json
from tollway.http.service.types import ServiceDependencies
from tollway.wire.refusals import describe, field_error

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
Operator = NamedDependency[SkipValidation[Caller]]
ACCOUNT_ID_MAX = 2**53 - 1  # Larger numbers are not exact in every JSON client.
PAGE_ACCOUNTS = 50
PAGE_ACCOUNTS_MAX = 200
_TAGS = ["Operator: accounts"]
_PATH = "/admin/v1/accounts"
_UNKNOWN = refusal("There is no such account.")
AccountId = Annotated[int, PathParameter(ge=1, le=ACCOUNT_ID_MAX, description="The account's id.")]
_WRONG_ID = refusal("The id is out of range.")


class NewAccountBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Who gets an account."""

    email: Annotated[
        str, Meta(description="The account's email address.", extra_json_schema={"format": "email", "maxLength": 254})
    ]
    password: (
        Annotated[
            str,
            Meta(
                description="Its password, hard to guess; without one a random one is made.",
                extra_json_schema={"minLength": LENGTH_MIN, "maxLength": LENGTH_MAX},
            ),
        ]
        | None
    ) = None
    is_operator: Annotated[bool, Meta(description="Whether its owner may run the platform.")] = False


class AccountChangeBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """What to change of an account; what is left out stays."""

    status: Literal["active", "disabled"] | UnsetType = UNSET
    is_operator: bool | UnsetType = UNSET


class GrantBody(Struct, forbid_unknown_fields=True, kw_only=True):
    """Credits for an account, in one of both units; an adjustment may be negative."""

    type: Literal["PAYMENT", "BONUS", "ADJUSTMENT", "INIT"]
    credits: Credits | UnsetType = UNSET
    usd: Usd | UnsetType = UNSET
    reference: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=REFERENCE_LENGTH_MAX,
                description="A name for the grant, which is then made once only, however often it is asked for.",
            ),
        ]
        | None
    ) = None
    expires_at: Moment | None = None


@get(
    _PATH,
    tags=_TAGS,
    summary="List the accounts",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=AccountList("list", [EXAMPLE_ACCOUNT], None))},
    responses={400: refusal("A query parameter is wrong.")},
)
async def list_accounts(
    deps: Dependencies,
    email: Annotated[
        str, QueryParameter(name="email", description="Keep accounts whose email has this in it.", max_length=320)
    ] = "",
    limit: Annotated[
        int, QueryParameter(name="limit", ge=1, le=PAGE_ACCOUNTS_MAX, description="How many to list at most.")
    ] = PAGE_ACCOUNTS,
    after: Annotated[
        int,
        QueryParameter(
            name="after", ge=0, le=ACCOUNT_ID_MAX, description="`next_after` of the page before, to go on behind it."
        ),
    ] = 0,
) -> AccountList:
    """List accounts with their balances, oldest first."""
    return account_list(await deps.operator.accounts.page(at_most=limit, after=after, email_part=email))


@post(
    _PATH,
    tags=_TAGS,
    summary="Make an account",
    status_code=201,
    opt={
        ACCESS: Access.OPERATOR,
        DESCRIBED: Described(
            takes=NewAccountBody,
            example={"email": "someone@example.com"},
            answer=EXAMPLE_NEW_ACCOUNT,
            headers=("cache-control",),
        ),
    },
    responses={409: refusal("The email has an account.")},
)
async def create_account(
    request: Request[Any, Any, Any], deps: Dependencies, caller: Operator
) -> Response[NewAccountAnswer]:
    """Make an account. A password that is made here is shown in this answer only."""
    body = await read_json(request, NewAccountBody)
    try:
        account, password = await deps.operator.manage_accounts(caller.actor).create(
            body.email, body.password, is_operator=body.is_operator
        )
    except WrongEmailError as error:
        raise field_error("email", "an email address such as name@example.com", describe(body.email)) from error
    except WeakPasswordError as error:
        expected = f"{LENGTH_MIN} to {LENGTH_MAX} characters that are not easy to guess"
        raise field_error("password", expected, "another password") from error
    answer = new_account_answer(account, password if body.password is None else None)
    return Response(answer, headers={"cache-control": "no-store"})


@get(
    _PATH + "/{account_id:int}",
    tags=_TAGS,
    summary="Show an account",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=EXAMPLE_ACCOUNT)},
    responses={400: _WRONG_ID, 404: _UNKNOWN},
)
async def show_account(deps: Dependencies, account_id: AccountId) -> AccountEntry:
    """Show one account with its balance."""
    return account_entry(await deps.operator.accounts.get(account_id))


@patch(
    _PATH + "/{account_id:int}",
    tags=_TAGS,
    summary="Change an account",
    opt={
        ACCESS: Access.OPERATOR,
        DESCRIBED: Described(takes=AccountChangeBody, example={"status": "active"}, answer=EXAMPLE_ACCOUNT),
    },
    responses={404: _UNKNOWN, 409: refusal("Nobody could run the platform any more.")},
)
async def change_account(
    request: Request[Any, Any, Any], deps: Dependencies, caller: Operator, account_id: AccountId
) -> AccountEntry:
    """Disable or enable an account, or say whether its owner may run the platform. Its keys follow within a second."""
    body = await read_json(request, AccountChangeBody)
    change = AccountChange(
        status=UNSET if body.status is UNSET else AccountStatus(body.status), is_operator=body.is_operator
    )
    await deps.operator.manage_accounts(caller.actor).update(account_id, change)
    return account_entry(await deps.operator.accounts.get(account_id))


@post(
    _PATH + "/{account_id:int}/grants",
    tags=_TAGS,
    summary="Give credits to an account",
    status_code=200,
    opt={
        ACCESS: Access.OPERATOR,
        DESCRIBED: Described(
            takes=GrantBody,
            example={"type": "BONUS", "credits": 2_000_000, "reference": "welcome"},
            rule=AMOUNT_RULE,
            answer=EXAMPLE_GRANT,
        ),
    },
    responses={
        404: _UNKNOWN,
        409: refusal("The reference was used for another grant, or there is less than is to be taken."),
        503: refusal("The books cannot be written at present; nothing was changed."),
    },
)
async def grant_credits(
    request: Request[Any, Any, Any], deps: Dependencies, caller: Operator, account_id: AccountId
) -> GrantAnswer:
    """Add credits to an account, or take some away. The same reference is granted once, and answered the same again."""
    body = await read_json(request, GrantBody)
    amount = amount_credits(body.credits, body.usd, await request.body())
    wanted = WantedGrant(
        amount_credits=amount,
        kind=GrantType(body.type),
        reference=body.reference,
        expires_at_ms=None if body.expires_at is None else body_moment_ms("expires_at", body.expires_at),
    )
    with fields_of_body():
        return grant_answer(await deps.operator.grants.grant(caller.actor, account_id, wanted))
