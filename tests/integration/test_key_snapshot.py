"""The snapshot of keys follows the database, whoever changes it."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from tests.support.database import rows
from tests.support.keys import KeyRing, open_key_ring
from tollway.flows.read_keys import store_last_used
from tollway.keys.errors import KeySourceError
from tollway.keys.last_used import LastUsed
from tollway.keys.snapshot import POLL_INTERVAL_S, InMemoryKeySnapshot, KeyChange, KeySource
from tollway.keys.types import KeyKind, KeyUpdate, NewKey, Scope

EMAIL = "jane@example.com"
REVOKED_WITHIN_S = 1.0
DEADLINE_S = 60.0


@pytest.fixture
async def ring(tmp_path: Path) -> AsyncIterator[KeyRing]:
    async with open_key_ring(tmp_path) as opened:
        await opened.accounts.create(EMAIL)
        yield opened


async def change_in_another_process(folder: Path, *arguments: str) -> None:
    """Run a command and wait for its end, while this process's own tasks go on."""
    command = [sys.executable, "-c", "from tollway.cli import main; main()", *arguments, "--data-dir", str(folder)]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.DEVNULL)
    assert await process.wait() == 0


@asynccontextmanager
async def polling(snapshot: InMemoryKeySnapshot, **options: float) -> AsyncIterator[None]:
    """Let a snapshot look for changes again and again."""
    task = asyncio.create_task(snapshot.run(**options))
    try:
        yield
    finally:
        task.cancel()
        # A look that is under way uses the database, which is closed next.
        await asyncio.wait([task])


class CountedLooks:
    """A source of keys that counts how often it was asked for something new."""

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self.begun = 0

    async def revision(self) -> int:
        self.begun += 1
        return await self._source.revision()

    async def changes(self, after_revision: int, after_key_id: int, at_most: int) -> Sequence[KeyChange]:
        return await self._source.changes(after_revision, after_key_id, at_most)

    async def begin(self, count: int) -> None:
        """Wait until so many more have begun, all but the last of which have ended."""
        wanted = self.begun + count
        async with asyncio.timeout(DEADLINE_S):
            while self.begun < wanted:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)


def insert_keys(path: Path, count: int) -> None:
    """Put many keys in, three to a revision."""
    fields = "account_id, prefix, digest, kind, name, enabled, limit_period, created_at_ms, updated_at_ms, revision"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            f"INSERT INTO keys ({fields}) VALUES (1, ?, ?, 'api', '', 1, 'no_reset', 0, 0, ?)",  # noqa: S608
            ((f"twk{number:05x}", os.urandom(32), number // 3 + 1) for number in range(count)),
        )
        connection.execute("INSERT INTO key_revision VALUES (1, ?) ON CONFLICT DO UPDATE SET value = ?", (count, count))


async def test_a_new_key_is_found_with_everything_that_was_chosen(ring: KeyRing) -> None:
    wanted = NewKey(
        kind=KeyKind.API,
        name="laptop",
        scopes=frozenset({Scope.CHAT, Scope.OCR}),
        limit_credits=5_000,
        limit_period="week",
        requests_per_minute=7,
        concurrent_requests=3,
    )
    record, key = await ring.keys.create(EMAIL, wanted)
    assert ring.snapshot.find(key) is None

    await ring.snapshot.refresh()

    entry = ring.snapshot.find(key)
    assert entry is not None
    assert (entry.key_id, entry.account_id, entry.prefix) == (record.key_id, record.account_id, key[:8])
    assert (entry.kind, entry.scopes) == (KeyKind.API, frozenset({Scope.CHAT, Scope.OCR}))
    assert (entry.limit_credits, entry.limit_period) == (5_000, "week")
    assert (entry.requests_per_minute, entry.concurrent_requests) == (7, 3)


async def test_other_tokens_find_nothing(ring: KeyRing) -> None:
    _, key = await ring.keys.create(EMAIL, NewKey())
    await ring.snapshot.refresh()

    for token in ("", key[:-1], key + "0", key.swapcase(), key[:45] + "é", "\ud800" * 46):
        assert ring.snapshot.find(token) is None


async def test_each_change_is_seen_by_the_next_refresh(ring: KeyRing) -> None:
    record, key = await ring.keys.create(EMAIL, NewKey())

    async def usable() -> bool:
        await ring.snapshot.refresh()
        return ring.snapshot.find(key) is not None

    assert await usable()
    await ring.keys.update(record.prefix, KeyUpdate(enabled=False))
    assert not await usable()
    await ring.keys.update(record.prefix, KeyUpdate(enabled=True))
    assert await usable()
    await ring.accounts.disable(EMAIL)
    assert not await usable()
    await ring.accounts.enable(EMAIL)
    assert await usable()
    await ring.keys.delete(record.prefix)
    assert not await usable()


async def test_enabling_an_account_leaves_its_disabled_and_deleted_keys_alone(ring: KeyRing) -> None:
    disabled, disabled_key = await ring.keys.create(EMAIL, NewKey())
    deleted, deleted_key = await ring.keys.create(EMAIL, NewKey())
    await ring.keys.update(disabled.prefix, KeyUpdate(enabled=False))
    await ring.keys.delete(deleted.prefix)

    await ring.accounts.disable(EMAIL)
    await ring.accounts.enable(EMAIL)
    await ring.snapshot.refresh()

    assert ring.snapshot.find(disabled_key) is None
    assert ring.snapshot.find(deleted_key) is None


async def test_what_another_process_does_is_seen_within_a_second(ring: KeyRing, tmp_path: Path) -> None:
    record, key = await ring.keys.create(EMAIL, NewKey())
    looks = CountedLooks(ring.source)
    snapshot = InMemoryKeySnapshot(looks, ring.digest)
    await snapshot.refresh()
    async with polling(snapshot):
        for command, usable in (("disable", False), ("enable", True), ("delete", False)):
            await change_in_another_process(tmp_path, "key", command, record.prefix)
            # One look may have been under way, and the next one sees it. A machine that is held up may look late.
            await looks.begin(2)
            assert (snapshot.find(key) is not None) == usable
    assert 2 * POLL_INTERVAL_S < REVOKED_WITHIN_S


async def test_a_refresh_reads_only_what_changed(ring: KeyRing) -> None:
    for _ in range(5):
        await ring.keys.create(EMAIL, NewKey())
    await ring.snapshot.refresh()
    seen = await ring.source.revision()
    record, _ = await ring.keys.create(EMAIL, NewKey())

    changes = await ring.source.changes(seen, 2**62, 100)

    assert [change.key_id for change in changes] == [record.key_id]


async def test_a_database_that_cannot_be_read_leaves_the_keys_and_is_asked_again(ring: KeyRing) -> None:
    _, key = await ring.keys.create(EMAIL, NewKey())
    looks = CountedLooks(ring.source)
    snapshot = InMemoryKeySnapshot(looks, ring.digest)
    await snapshot.refresh()
    record, second_key = await ring.keys.create(EMAIL, NewKey())
    with closing(sqlite3.connect(ring.path)) as connection:
        connection.execute("ALTER TABLE keys RENAME TO keys_away")
        with pytest.raises(KeySourceError):
            await snapshot.refresh()
        async with polling(snapshot, interval_s=0.01):
            await looks.begin(3)
            assert snapshot.find(key) is not None
            assert snapshot.find(second_key) is None
            connection.execute("ALTER TABLE keys_away RENAME TO keys")
            await looks.begin(2)
            assert snapshot.find(second_key) is not None
    assert record.prefix == second_key[:8]


@pytest.mark.parametrize("tampering", ["kind = 'other'", "scopes = '[7]'", "scopes = 'none'", "limit_period = 'year'"])
async def test_a_key_that_cannot_be_read_is_unusable_and_holds_up_nobody(
    ring: KeyRing, tampering: str, caplog: pytest.LogCaptureFixture
) -> None:
    _, broken_key = await ring.keys.create(EMAIL, NewKey())
    await ring.snapshot.refresh()
    with closing(sqlite3.connect(ring.path)) as connection, connection:
        connection.execute("UPDATE key_revision SET value = value + 1")
        connection.execute(f"UPDATE keys SET {tampering}, revision = revision + 1")  # noqa: S608
    _, sound_key = await ring.keys.create(EMAIL, NewKey())

    await ring.snapshot.refresh()

    assert ring.snapshot.find(broken_key) is None
    assert ring.snapshot.find(sound_key) is not None
    assert "key cannot be read" in caplog.text


async def test_keys_age_while_the_database_cannot_be_read(ring: KeyRing) -> None:
    assert ring.snapshot.age_s == float("inf")
    await ring.snapshot.refresh()
    refreshed_at_s = time.monotonic()
    fresh_s = ring.snapshot.age_s
    with closing(sqlite3.connect(ring.path)) as connection:
        connection.execute("ALTER TABLE key_revision RENAME TO away")
        with pytest.raises(KeySourceError):
            await ring.snapshot.refresh()
        older_s = ring.snapshot.age_s
        connection.execute("ALTER TABLE away RENAME TO key_revision")
    await ring.snapshot.refresh()
    age_s, since_first_s = ring.snapshot.age_s, time.monotonic() - refreshed_at_s

    assert 0 <= fresh_s < older_s
    assert age_s < since_first_s


async def test_many_keys_load_in_pieces_that_leave_the_loop_free(ring: KeyRing) -> None:
    many = 20_000
    insert_keys(ring.path, many)
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count_turns())
    await ring.snapshot.refresh()
    counting.cancel()
    await asyncio.wait([counting])

    assert len(ring.snapshot) == many
    assert turns > many / 250


async def test_all_keys_of_an_account_end_with_it_however_many(ring: KeyRing) -> None:
    insert_keys(ring.path, 600)
    await ring.snapshot.refresh()
    assert len(ring.snapshot) == 600

    await ring.accounts.disable(EMAIL)
    async with asyncio.timeout(DEADLINE_S):
        await ring.snapshot.refresh()

    assert len(ring.snapshot) == 0


async def test_moments_of_use_are_stored_together_and_take_no_revision(ring: KeyRing) -> None:
    insert_keys(ring.path, 300)
    revision = await ring.source.revision()
    last_used = LastUsed(lambda used_at_ms: store_last_used(ring.database, used_at_ms))
    for key_id in range(1, 300):
        last_used.note(key_id, 1_000)
        last_used.note(key_id, 2_000 + key_id)

    await last_used.flush()

    stored = {row[0]: row[1] for row in rows(ring.path, "SELECT id, last_used_at_ms FROM keys")}
    assert stored == {key_id: 2_000 + key_id for key_id in range(1, 300)} | {300: None}
    assert await ring.source.revision() == revision


async def test_moments_of_use_are_stored_at_the_end(ring: KeyRing) -> None:
    record, _ = await ring.keys.create(EMAIL, NewKey())
    last_used = LastUsed(lambda used_at_ms: store_last_used(ring.database, used_at_ms))
    running = asyncio.create_task(last_used.run(interval_s=60))
    await asyncio.sleep(0)
    last_used.note(record.key_id, 77)

    running.cancel()
    await asyncio.wait([running])

    assert rows(ring.path, "SELECT last_used_at_ms FROM keys") == [(77,)]
