"""Making, finding and ending accounts and keys on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.exc import DBAPIError

from tests.support.database import rows
from tests.support.keys import OPERATOR, KeyRing, open_key_ring
from tollway.accounts.errors import AccountDisabledError, AccountExistsError, UnknownAccountError, WrongEmailError
from tollway.accounts.types import AccountStatus
from tollway.audit.repository import list_entries
from tollway.audit.types import Actor, ActorKind
from tollway.flows.audited_keys import AuditedKeys
from tollway.flows.manage_keys import ManageKeys
from tollway.keys import service as key_service
from tollway.keys.digest import KeyDigest
from tollway.keys.errors import (
    ManagementKeyRefusedError,
    OperatorKeyRefusedError,
    TooManyKeysError,
    UnknownKeyError,
    WrongKeyFieldError,
)
from tollway.keys.format import new_key
from tollway.keys.service import KeyService
from tollway.keys.spend_limit import LIMIT_CREDITS_MAX
from tollway.keys.types import KeyKind, KeyMaker, KeyUpdate, LimitUpdate, NewKey, Scope
from tollway.kit.clock import SystemClock

EMAIL = "jane@example.com"
KEY_TRAIL = "SELECT action FROM audit_entries WHERE action LIKE 'key.%'"


@pytest.fixture
async def ring(tmp_path: Path) -> AsyncIterator[KeyRing]:
    async with open_key_ring(tmp_path) as opened:
        yield opened


async def test_an_account_is_found_by_any_spelling_of_its_email(ring: KeyRing) -> None:
    account, password = await ring.accounts.create("  Jane@Example.com ")

    assert account.email == EMAIL
    assert len(password) == 20
    assert await ring.accounts.get("JANE@example.COM") == account
    assert await ring.accounts.list_all() == [account]


async def test_an_email_names_one_account(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)

    with pytest.raises(AccountExistsError):
        await ring.accounts.create("JANE@example.com")

    assert len(await ring.accounts.list_all()) == 1


async def test_a_disabled_account_gets_no_keys(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)
    assert (await ring.accounts.disable(EMAIL)).status is AccountStatus.DISABLED

    with pytest.raises(AccountDisabledError):
        await ring.keys.create(EMAIL, NewKey())

    assert (await ring.accounts.enable(EMAIL)).status is AccountStatus.ACTIVE
    await ring.keys.create(EMAIL, NewKey())


async def test_unknown_and_malformed_accounts_are_told_apart(ring: KeyRing) -> None:
    with pytest.raises(UnknownAccountError):
        await ring.keys.create("nobody@example.com", NewKey())
    with pytest.raises(WrongEmailError):
        await ring.accounts.disable("nobody")


async def test_keys_are_listed_by_account_without_deleted_ones(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)
    await ring.accounts.create("joe@example.com")
    first, _ = await ring.keys.create(EMAIL, NewKey(name="first"))
    second, _ = await ring.keys.create("joe@example.com", NewKey(name="second"))
    third, _ = await ring.keys.create(EMAIL, NewKey(name="third"))
    await ring.keys.delete(first.prefix)

    assert [record.prefix for record, _ in await ring.keys.list_all()] == [second.prefix, third.prefix]
    assert [(record.name, owner.email) for record, owner in await ring.keys.list_all(EMAIL)] == [("third", EMAIL)]


async def test_a_deleted_key_is_gone_for_every_command_and_its_row_stays(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)
    record, _ = await ring.keys.create(EMAIL, NewKey())
    await ring.keys.delete(record.prefix)

    with pytest.raises(UnknownKeyError):
        await ring.keys.delete(record.prefix)
    with pytest.raises(UnknownKeyError):
        await ring.keys.update(record.prefix, KeyUpdate(enabled=True))
    assert rows(ring.path, "SELECT prefix FROM keys") == [(record.prefix,)]


async def test_a_whole_key_given_as_prefix_is_not_repeated(ring: KeyRing) -> None:
    key = new_key(KeyKind.API)

    with pytest.raises(UnknownKeyError) as caught:
        await ring.keys.delete(key)

    assert key[:8] in caught.value.message
    assert key[8:16] not in caught.value.message


async def test_a_prefix_that_is_taken_is_drawn_again(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    await ring.accounts.create(EMAIL)
    taken, _ = await ring.keys.create(EMAIL, NewKey())
    free = new_key(KeyKind.API)
    drawn = iter([taken.prefix + "x" * 38, taken.prefix + "y" * 38, free])
    monkeypatch.setattr(key_service, "new_key", lambda _kind: next(drawn))

    _, key = await ring.keys.create(EMAIL, NewKey())

    assert key == free


@pytest.mark.parametrize(
    "new",
    [
        NewKey(name="x" * 256),
        NewKey(name="bell\a"),
        NewKey(limit_credits=-1),
        NewKey(limit_credits=LIMIT_CREDITS_MAX + 1),
        NewKey(limit_credits=1, limit_period="year"),
        NewKey(scopes=frozenset()),
        NewKey(requests_per_minute=0),
        NewKey(concurrent_requests=1_000_001),
    ],
)
async def test_fields_out_of_range_are_refused(ring: KeyRing, new: NewKey) -> None:
    await ring.accounts.create(EMAIL)

    with pytest.raises(WrongKeyFieldError):
        await ring.keys.create(EMAIL, new)

    assert await ring.keys.list_all() == []


@pytest.mark.parametrize("maker", [KeyMaker.OPERATOR, KeyMaker.OWNER])
async def test_people_may_make_management_keys(ring: KeyRing, maker: KeyMaker) -> None:
    account, _ = await ring.accounts.create(EMAIL)
    keys = KeyService(SystemClock(), KeyDigest(b"p" * 32))

    async with ring.database.begin() as connection:
        record, key = await keys.create(connection, account.id, NewKey(kind=KeyKind.MANAGEMENT), maker)

    assert record.kind is KeyKind.MANAGEMENT
    assert key.startswith("twm")


async def test_a_management_key_makes_no_management_keys(ring: KeyRing) -> None:
    account, _ = await ring.accounts.create(EMAIL)
    keys = KeyService(SystemClock(), KeyDigest(b"p" * 32))

    async with ring.database.begin() as connection:
        await keys.create(connection, account.id, NewKey(), KeyMaker.MANAGEMENT_KEY)
        with pytest.raises(ManagementKeyRefusedError):
            await keys.create(connection, account.id, NewKey(kind=KeyKind.MANAGEMENT), KeyMaker.MANAGEMENT_KEY)


async def test_a_key_is_found_only_within_its_account(ring: KeyRing) -> None:
    jane, _ = await ring.accounts.create(EMAIL)
    joe, _ = await ring.accounts.create("joe@example.com")
    record, _ = await ring.keys.create(EMAIL, NewKey())
    keys = KeyService(SystemClock(), KeyDigest(b"p" * 32))

    async with ring.database.connect() as connection:
        assert (await keys.get(connection, record.prefix, jane.id)).prefix == record.prefix
        with pytest.raises(UnknownKeyError):
            await keys.get(connection, record.prefix, joe.id)


async def test_an_update_changes_what_it_names(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)
    new = NewKey(name="one", scopes=frozenset({Scope.CHAT}), limit_credits=5, limit_period="day", requests_per_minute=9)
    made, _ = await ring.keys.create(EMAIL, new)

    await ring.keys.update(made.prefix, KeyUpdate(limit=LimitUpdate(limit_credits=7)))
    await ring.keys.update(made.prefix, KeyUpdate(name="two", scopes=None, enabled=False))

    ((stored, _),) = await ring.keys.list_all()
    assert (stored.name, stored.scopes, stored.enabled) == ("two", None, False)
    assert (stored.limit_credits, stored.limit_period, stored.requests_per_minute) == (7, "day", 9)
    assert stored.updated_at_ms >= stored.created_at_ms == made.created_at_ms


async def test_an_update_that_changes_nothing_is_none(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)
    made, _ = await ring.keys.create(EMAIL, NewKey(name="one"))
    before = rows(ring.path, "SELECT * FROM keys")

    for update in (KeyUpdate(), KeyUpdate(name="one", enabled=True, scopes=None, limit=None)):
        assert await ring.keys.update(made.prefix, update) == made

    assert rows(ring.path, "SELECT * FROM keys") == before
    assert rows(ring.path, KEY_TRAIL) == [("key.create",)]


@pytest.mark.parametrize(
    ("update", "words"),
    [
        (KeyUpdate(name="x" * 256), "256 characters"),
        (KeyUpdate(name="two\nlines"), r"name: .*U\+000A"),
        (KeyUpdate(scopes=frozenset()), "model:chat"),
        (KeyUpdate(limit=LimitUpdate(period="year", limit_credits=1)), "'year'"),
        (KeyUpdate(limit=LimitUpdate(period="day")), "no limit yet"),
        (KeyUpdate(limit=LimitUpdate(limit_credits=-1)), "-1 credits"),
    ],
)
async def test_an_update_out_of_range_is_refused_whole(ring: KeyRing, update: KeyUpdate, words: str) -> None:
    await ring.accounts.create(EMAIL)
    made, _ = await ring.keys.create(EMAIL, NewKey(name="one"))

    with pytest.raises(WrongKeyFieldError, match=words):
        await ring.keys.update(made.prefix, msgspec.structs.replace(update, enabled=False))

    assert [record for record, _ in await ring.keys.list_all()] == [made]


async def test_the_operator_changes_management_keys_too_and_leaves_a_trail(ring: KeyRing) -> None:
    account, _ = await ring.accounts.create(EMAIL)
    made, key = await ring.keys.create(EMAIL, NewKey(kind=KeyKind.MANAGEMENT))
    await ring.keys.update(made.prefix, KeyUpdate(enabled=False))
    await ring.keys.delete(made.prefix)

    async with ring.database.connect() as connection:
        *entries, _ = await list_entries(connection, at_most=9)  # The oldest one made the account.
    assert [(entry.action, entry.subject, entry.account_id) for entry in reversed(entries)] == [
        (action, made.prefix, account.id) for action in ("key.create", "key.update", "key.delete")
    ]
    assert {(entry.actor_kind, entry.actor) for entry in entries} == {(OPERATOR.kind, OPERATOR.name)}
    assert entries[1].details == {"before": {"disabled": False}, "after": {"disabled": True}}
    assert key[8:] not in str(rows(ring.path, "SELECT * FROM audit_entries"))


async def test_a_change_that_fails_leaves_no_trail(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)
    made, _ = await ring.keys.create(EMAIL, NewKey())
    with pytest.raises(UnknownKeyError):
        await ring.keys.delete("twkAAAAA")
    with pytest.raises(WrongKeyFieldError):
        await ring.keys.update(made.prefix, KeyUpdate(scopes=frozenset()))

    assert rows(ring.path, KEY_TRAIL) == [("key.create",)]


async def test_a_trail_that_cannot_be_written_stops_the_change(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)
    made, _ = await ring.keys.create(EMAIL, NewKey())
    async with ring.database.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE audit_entries")

    with pytest.raises(DBAPIError):
        await ring.keys.delete(made.prefix)
    with pytest.raises(DBAPIError):
        await ring.keys.create(EMAIL, NewKey())

    assert [record for record, _ in await ring.keys.list_all()] == [made]


async def test_operator_keys_are_for_operators(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)
    await ring.accounts.create("op@example.com", is_operator=True)

    with pytest.raises(OperatorKeyRefusedError, match="no operator"):
        await ring.keys.create(EMAIL, NewKey(kind=KeyKind.OPERATOR))
    _, key = await ring.keys.create("op@example.com", NewKey(kind=KeyKind.OPERATOR))

    assert key.startswith("two")


@pytest.mark.parametrize("kind", [ActorKind.SESSION, ActorKind.MANAGEMENT_KEY, ActorKind.API_KEY])
async def test_only_the_operator_makes_changes_and_deletes_operator_keys(ring: KeyRing, kind: ActorKind) -> None:
    account, _ = await ring.accounts.create(EMAIL, is_operator=True)
    made, _ = await ring.keys.create(EMAIL, NewKey(kind=KeyKind.OPERATOR))
    changes = AuditedKeys(KeyService(SystemClock(), KeyDigest(b"p" * 32)), SystemClock())
    actor = Actor(kind, "somebody", account.id)

    async with ring.database.begin() as connection:
        with pytest.raises(OperatorKeyRefusedError):
            await changes.create(connection, account.id, NewKey(kind=KeyKind.OPERATOR), actor)
        with pytest.raises(OperatorKeyRefusedError):
            await changes.update(connection, made.prefix, KeyUpdate(name="mine"), actor, account.id)
        with pytest.raises(OperatorKeyRefusedError):
            await changes.delete(connection, made.prefix, actor, account.id)

    assert [record for record, _ in await ring.keys.list_all()] == [made]


async def test_deleted_keys_do_not_count_against_the_most_that_an_account_may_have(ring: KeyRing) -> None:
    await ring.accounts.create(EMAIL)
    await ring.accounts.create("joe@example.com")
    keys = ManageKeys(ring.database, SystemClock(), KeyDigest(b"p" * 32), OPERATOR, keys_max=2)
    first, _ = await keys.create(EMAIL, NewKey())
    await keys.create(EMAIL, NewKey(kind=KeyKind.MANAGEMENT))
    await keys.create("joe@example.com", NewKey())

    with pytest.raises(TooManyKeysError, match="as many keys"):
        await keys.create(EMAIL, NewKey())
    await keys.delete(first.prefix)
    await keys.create(EMAIL, NewKey())
