"""The key that counts an account's calls from the playground: made once, and nobody's to use, see or change."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.database import rows
from tests.support.keys import OPERATOR, KeyRing, open_key_ring
from tollway.flows.manage_keys import ManageKeys
from tollway.flows.own_keys import OwnKeys
from tollway.flows.playground_keys import PlaygroundKeys
from tollway.keys.errors import PlaygroundKeyRefusedError, TooManyKeysError, UnknownKeyError
from tollway.keys.format import is_playground_prefix
from tollway.keys.types import KeyKind, KeyUpdate, NewKey
from tollway.kit.clock import SystemClock

EMAIL = "jane@example.com"


@pytest.fixture
async def ring(tmp_path: Path) -> AsyncIterator[KeyRing]:
    async with open_key_ring(tmp_path) as opened:
        await opened.accounts.create(EMAIL)
        yield opened


async def test_first_calls_that_come_at_once_get_one_key(ring: KeyRing) -> None:
    servers = [PlaygroundKeys(ring.database, SystemClock()) for _ in range(2)]

    found = await asyncio.gather(*(servers[number % 2].key_of(1) for number in range(20)))

    assert len({entry.key_id for entry in found}) == 1
    assert found[0] == await servers[0].key_of(1)
    assert found[0].kind is KeyKind.PLAYGROUND
    assert is_playground_prefix(found[0].prefix)
    assert rows(ring.path, "SELECT name, prefix FROM keys") == [("playground", found[0].prefix)]


async def test_each_account_has_its_own(ring: KeyRing) -> None:
    await ring.accounts.create("other@example.com")
    playgrounds = PlaygroundKeys(ring.database, SystemClock())

    mine, other = await playgrounds.key_of(1), await playgrounds.key_of(2)

    assert (mine.account_id, other.account_id) == (1, 2)
    assert mine.key_id != other.key_id


async def test_no_snapshot_of_keys_has_it(ring: KeyRing) -> None:
    await ring.snapshot.refresh()
    known = len(ring.snapshot)
    await PlaygroundKeys(ring.database, SystemClock()).key_of(1)

    await ring.snapshot.refresh()

    assert len(ring.snapshot) == known


async def test_it_is_in_no_list_and_cannot_be_changed_or_deleted(ring: KeyRing) -> None:
    prefix = (await PlaygroundKeys(ring.database, SystemClock()).key_of(1)).prefix
    own = OwnKeys(ring.database, SystemClock(), ring.digest, ring.snapshot.refresh)

    assert await ring.keys.list_all() == []
    assert await own.list_all(1) == []
    with pytest.raises(UnknownKeyError):
        await ring.keys.update(prefix, KeyUpdate(enabled=False))
    with pytest.raises(UnknownKeyError):
        await ring.keys.delete(prefix)
    with pytest.raises(UnknownKeyError):
        await own.delete(1, prefix, OPERATOR)
    assert rows(ring.path, "SELECT enabled, deleted_at_ms FROM keys") == [(1, None)]


async def test_it_does_not_count_towards_the_keys_of_its_account(ring: KeyRing) -> None:
    await PlaygroundKeys(ring.database, SystemClock()).key_of(1)
    keys = ManageKeys(ring.database, SystemClock(), ring.digest, OPERATOR, keys_max=1)

    await keys.create(EMAIL, NewKey())

    with pytest.raises(TooManyKeysError):
        await keys.create(EMAIL, NewKey())


async def test_nobody_makes_one_as_a_key_to_hand_out(ring: KeyRing) -> None:
    with pytest.raises(PlaygroundKeyRefusedError):
        await ring.keys.create(EMAIL, NewKey(kind=KeyKind.PLAYGROUND))
