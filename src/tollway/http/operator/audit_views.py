"""The audit trail and the books as the operator sees them."""

from typing import Any, Literal

from msgspec import Struct

from tollway.audit.types import ActorKind, AuditEntry
from tollway.flows.read_books import BooksState
from tollway.kit.clock import MomentText, iso_utc


class AuditActor(Struct):
    """Who did it: a key's prefix, a person's email, a user of the machine, or a part of the server."""

    kind: ActorKind
    name: str


class AuditItem(Struct):
    """One change; ``details`` has what was before and after, ``account_id`` is null where it concerns everybody."""

    id: str
    at: MomentText
    actor: AuditActor
    action: str
    subject: str
    account_id: int | None
    details: dict[str, Any]


class AuditList(Struct):
    """Changes, newest first; ``next_before`` is the ``before`` of the next page, null on the last."""

    object: Literal["list"]
    data: list[AuditItem]
    next_before: str | None


class BooksCheck(Struct):
    """One identity of the books: whether it holds, and what was found."""

    name: str
    ok: bool
    detail: str


class BooksTotals(Struct, kw_only=True):
    """All wallets and all inferences together, in credits.

    Attributes:
        balance_credits: what all accounts have.
        held_credits: what is set aside of it for calls under way.
        charged_credits: what was paid for inferences.
        absorbed_credits: what was used beyond what had been set aside.
        exposure_credits: what inferences without a charge may have cost the platform, at most.
    """

    balance_credits: int
    held_credits: int
    charged_credits: int
    absorbed_credits: int
    exposure_credits: int


class BooksAnswer(Struct):
    """Whether every identity of the books holds; ``checked_at`` is when the check began, which this answer tells of."""

    ok: bool
    checked_at: MomentText
    took_ms: int
    checks: list[BooksCheck]
    totals: BooksTotals


EXAMPLE_CHANGE = AuditItem(
    id="0198a1b2c3d4",
    at="2026-08-01T12:00:00.000Z",
    actor=AuditActor(ActorKind.OPERATOR_KEY, "twoA1b2C"),
    action="account.update",
    subject="someone@example.com",
    account_id=2,
    details={"before": {"status": "active"}, "after": {"status": "disabled"}},
)
EXAMPLE_BOOKS = BooksAnswer(
    ok=True,
    checked_at="2026-08-01T12:00:00.000Z",
    took_ms=35,
    checks=[BooksCheck("wallets", ok=True, detail="2 wallets")],
    totals=BooksTotals(
        balance_credits=20_000_000, held_credits=0, charged_credits=391, absorbed_credits=0, exposure_credits=0
    ),
)


def audit_item(entry: AuditEntry) -> AuditItem:
    """Show one change."""
    return AuditItem(
        id=entry.id,
        at=iso_utc(entry.at_ms),
        actor=AuditActor(entry.actor_kind, entry.actor),
        action=entry.action,
        subject=entry.subject,
        account_id=entry.account_id,
        details=entry.details,
    )


def books_answer(state: BooksState) -> BooksAnswer:
    """Show the books."""
    checks = [BooksCheck(check.name, check.ok, check.detail) for check in state.checks]
    totals = BooksTotals(
        balance_credits=state.wallets.posted_credits,
        held_credits=state.wallets.held_credits,
        charged_credits=state.totals.charged_credits,
        absorbed_credits=state.totals.absorbed_credits,
        exposure_credits=state.totals.exposure_credits,
    )
    checked_at = iso_utc(state.checked_at_ms)
    return BooksAnswer(all(check.ok for check in checks), checked_at, state.took_ms, checks, totals)
