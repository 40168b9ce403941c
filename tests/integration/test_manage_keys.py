"""Making, finding and ending accounts and keys on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.database import rows
from tests.support.keys import KeyRing, open_key_ring
from tollway.accounts.errors import AccountDisabledError, AccountExistsError, UnknownAccountError, WrongEmailError
from tollway.accounts.types import AccountStatus
from tollway.keys import service as key_service
from tollway.keys.digest import KeyDigest
from tollway.keys.errors import ManagementKeyRefusedError, UnknownKeyError, WrongKeyFieldError
from tollway.keys.format import new_key
from tollway.keys.service import KeyService
from tollway.keys.types import KeyKind, KeyMaker, NewKey
from tollway.kit.clock import SystemClock

EMAIL = "jane@example.com"


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
        await ring.keys.set_enabled(record.prefix, enabled=True)
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
        NewKey(limit_credits=2**53 + 1),
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
