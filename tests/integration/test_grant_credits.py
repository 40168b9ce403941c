"""Grants by the operator: once for each reference, with a trail and perhaps an end in the same commit."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tests.support.database import add_account, migrated_database, rows
from tests.support.ledger import NOON_MS, HeldClock, faults, open_ledger
from tollway.accounts.errors import UnknownAccountError, WrongEmailError
from tollway.audit.types import Actor, ActorKind, AuditEntry
from tollway.credits.errors import GrantConflictError
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.credits.types import GrantType
from tollway.flows.grant_credits import GrantCredits, NotEnoughCreditsError, WantedGrant, WrongGrantError
from tollway.flows.read_audit import ReadAudit
from tollway.kit.database import Database

DAY_MS = 86_400_000
OPERATOR = Actor(ActorKind.SESSION, "op@example.com", 2)
EMAIL = "account1@example.com"
BONUS = WantedGrant(amount_credits=500, kind=GrantType.BONUS, reference="gift")


class Desk(Struct, frozen=True):
    """Where grants are made."""

    path: Path
    database: Database
    ledger: SqliteLedger
    clock: HeldClock
    grants: GrantCredits

    async def trail(self) -> list[AuditEntry]:
        return await ReadAudit(self.database).page(at_most=99)

    async def posted(self, account_id: int = 1) -> int:
        return (await self.ledger.balance(account_id)).posted_credits


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    path, clock = migrated_database(tmp_path), HeldClock()
    for account_id in (1, 2):
        add_account(path, account_id, keys=())
    database = Database(path)
    async with open_ledger(path, clock) as ledger:
        yield Desk(path, database, ledger, clock, GrantCredits(database, ledger, clock))
    await database.close()
    assert await faults(path) == []


async def test_a_grant_leaves_a_trail_with_who_what_and_how_much(desk: Desk) -> None:
    made = await desk.grants.grant(OPERATOR, EMAIL, BONUS)
    [entry] = await desk.trail()

    assert (made.account_id, made.email, made.reference, made.expires_at_ms) == (1, EMAIL, "gift", None)
    assert (made.balance.posted_credits, made.granted_at_ms) == (500, NOON_MS)
    assert (entry.actor_kind, entry.actor, entry.action) == (ActorKind.SESSION, "op@example.com", "credits.grant")
    assert (entry.subject, entry.account_id) == (EMAIL, 1)
    assert entry.details == {"credits": 500, "type": "BONUS", "reference": "gift", "expires_at": None}


@pytest.mark.parametrize("kind", list(GrantType))
async def test_an_account_is_named_by_its_email_or_its_id_and_every_kind_is_granted(
    desk: Desk, kind: GrantType
) -> None:
    await desk.grants.grant(OPERATOR, " Account1@Example.com", WantedGrant(amount_credits=5, kind=kind))
    await desk.grants.grant(OPERATOR, 1, WantedGrant(amount_credits=6, kind=kind))

    assert await desk.posted() == 11
    found = rows(desk.path, "SELECT kind, amount_credits, reference_id FROM transfers ORDER BY id")
    assert [row[:2] for row in found] == [(kind, 5), (kind, 6)]
    # Each has a name of its own, by which it is found.
    assert len({row[2] for row in found} - {None}) == 2


@pytest.mark.parametrize(
    "end", [{}, {"expires_at_ms": NOON_MS + DAY_MS}, {"lasts_days": 7}], ids=["no end", "a moment", "days"]
)
async def test_a_repetition_changes_nothing_and_has_the_same_outcome(desk: Desk, end: dict[str, int]) -> None:
    wanted = replace(BONUS, **end)
    first = await desk.grants.grant(OPERATOR, EMAIL, wanted)
    # Also when it is repeated after the end.
    desk.clock.moment_ms += 30 * DAY_MS
    again = await desk.grants.grant(OPERATOR, 1, wanted)

    assert again == first
    assert await desk.posted() == 500
    assert len(await desk.trail()) == 1
    assert len(rows(desk.path, "SELECT id FROM expiring_credits")) == len(end)


async def test_what_comes_at_once_under_one_reference_is_granted_once(desk: Desk) -> None:
    wanted = replace(BONUS, lasts_days=7)
    made = await asyncio.gather(*[desk.grants.grant(OPERATOR, EMAIL, wanted) for _ in range(50)])

    assert len({(one.reference, one.granted_at_ms, one.expires_at_ms) for one in made}) == 1
    assert await desk.posted() == 500
    assert len(await desk.trail()) == 1
    assert len(rows(desk.path, "SELECT id FROM expiring_credits")) == 1


@pytest.mark.parametrize(
    ("account", "other"),
    [
        (2, {}),
        (1, {"amount_credits": 501}),
        (1, {"lasts_days": 7}),
        (1, {"expires_at_ms": NOON_MS + DAY_MS}),
    ],
)
async def test_a_reference_that_was_used_for_something_else_is_refused(
    desk: Desk, account: int, other: dict[str, Any]
) -> None:
    await desk.grants.grant(OPERATOR, 1, BONUS)
    with pytest.raises(GrantConflictError, match="gift"):
        await desk.grants.grant(OPERATOR, account, replace(BONUS, **other))

    assert [await desk.posted(account_id) for account_id in (1, 2)] == [500, 0]
    assert len(await desk.trail()) == 1
    assert rows(desk.path, "SELECT id FROM expiring_credits") == []


async def test_an_end_is_stored_with_the_grant(desk: Desk) -> None:
    await desk.grants.grant(OPERATOR, 1, replace(BONUS, lasts_days=7))

    expiring = "SELECT account_id, amount_credits, granted_at_ms, expires_at_ms, expired_at_ms FROM expiring_credits"
    assert rows(desk.path, expiring) == [(1, 500, NOON_MS, NOON_MS + 7 * DAY_MS, None)]
    with pytest.raises(GrantConflictError):
        await desk.grants.grant(OPERATOR, 1, replace(BONUS, lasts_days=8))
    with pytest.raises(GrantConflictError):
        await desk.grants.grant(OPERATOR, 1, BONUS)


async def test_no_more_is_taken_than_there_is(desk: Desk) -> None:
    await desk.grants.grant(OPERATOR, 1, BONUS)
    with pytest.raises(NotEnoughCreditsError, match="501"):
        await desk.grants.grant(OPERATOR, 1, WantedGrant(amount_credits=-501, kind=GrantType.ADJUSTMENT))
    made = await desk.grants.grant(OPERATOR, 1, WantedGrant(amount_credits=-500, kind=GrantType.ADJUSTMENT))

    assert made.balance.posted_credits == 0
    assert [entry.details["credits"] for entry in await desk.trail()] == [-500, 500]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount_credits": 0}, "credits"),
        ({"amount_credits": -5}, "credits"),
        ({"amount_credits": 2**53 + 1}, "credits"),
        ({"amount_credits": -(2**53) - 1, "kind": GrantType.ADJUSTMENT}, "credits"),
        ({"reference": ""}, "reference"),
        ({"reference": "  "}, "reference"),
        ({"reference": "a\nb"}, "reference"),
        ({"reference": "r" * 256}, "reference"),
        ({"reference": "coupon-SPRING-26-1"}, "reference"),
        ({"reference": "payment-P7H7tZ9eQWRDHfujK6axe"}, "reference"),
        ({"expires_at_ms": NOON_MS}, "expires_at"),
        ({"lasts_days": 0}, "expires_in_days"),
        ({"lasts_days": 3651}, "expires_in_days"),
        ({"amount_credits": -5, "kind": GrantType.ADJUSTMENT, "lasts_days": 5}, "expires_at"),
    ],
)
async def test_a_wrong_field_is_named_and_nothing_is_granted(desk: Desk, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(WrongGrantError) as caught:
        await desk.grants.grant(OPERATOR, 1, replace(BONUS, **wrong))

    assert caught.value.field == field
    assert await desk.posted() == 0
    assert await desk.trail() == []


@pytest.mark.parametrize(
    ("account", "error"),
    [("nobody@example.com", UnknownAccountError), (3, UnknownAccountError), ("x", WrongEmailError)],
)
async def test_an_account_that_is_not_there_gets_nothing(
    desk: Desk, account: str | int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        await desk.grants.grant(OPERATOR, account, BONUS)

    assert rows(desk.path, "SELECT id FROM transfers") == []
    assert await desk.trail() == []
