"""Who changed what, and whether the books balance, over HTTP."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from tollway.http.operator.account_routes import ACCOUNT_ID_MAX
from tollway.http.operator.audit_views import (
    EXAMPLE_BOOKS,
    EXAMPLE_CHANGE,
    AuditList,
    BooksAnswer,
    audit_item,
    books_answer,
)
from tollway.http.service.access import ACCESS, Access
from tollway.http.service.described import DESCRIBED, Described, refusal
from tollway.http.service.types import ServiceDependencies

Dependencies = NamedDependency[SkipValidation[ServiceDependencies]]
PAGE_ENTRIES = 50
PAGE_ENTRIES_MAX = 200
_ENTRY_ID = "^[A-Za-z0-9_-]{1,32}$"
_TAGS = ["Operator: books"]


@get(
    "/admin/v1/audit",
    tags=_TAGS,
    summary="List who changed what",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=AuditList("list", [EXAMPLE_CHANGE], None))},
    responses={400: refusal("A query parameter is wrong.")},
)
async def list_changes(
    deps: Dependencies,
    limit: Annotated[
        int, QueryParameter(name="limit", ge=1, le=PAGE_ENTRIES_MAX, description="How many to list at most.")
    ] = PAGE_ENTRIES,
    before: Annotated[
        str | None,
        QueryParameter(name="before", pattern=_ENTRY_ID, description="`next_before` of the page before, to go on."),
    ] = None,
    account_id: Annotated[
        int | None,
        QueryParameter(name="account_id", ge=1, le=ACCOUNT_ID_MAX, description="Keep changes that concern an account."),
    ] = None,
) -> AuditList:
    """List changes of accounts, keys, credits, coupons, prices and models, newest first."""
    found = await deps.operator.audit.page(at_most=limit + 1, before_id=before, account=account_id)
    page = [audit_item(entry) for entry in found[:limit]]
    return AuditList("list", page, page[-1].id if len(found) > limit else None)


@get(
    "/admin/v1/books",
    tags=_TAGS,
    summary="Prove that the books balance",
    opt={ACCESS: Access.OPERATOR, DESCRIBED: Described(answer=EXAMPLE_BOOKS)},
)
async def show_books(deps: Dependencies) -> BooksAnswer:
    """Check every identity of the books and add them up. All of them are read, so this takes its time."""
    return books_answer(await deps.operator.books.read())
