"""What the owner of an account sees of its calls: pages of all its keys' log, and the receipt of each."""

import struct
from collections.abc import AsyncIterator, Sequence

import msgspec
from msgspec import Struct

from tollway.catalog.service import Catalog
from tollway.flows.account_keys import used_keys
from tollway.flows.read_logs import OwnReceipt, find_receipt, model_ids
from tollway.kit.cursor import CursorSigner
from tollway.kit.database import Database
from tollway.usage.log import FAILED, SUCCEEDED, LogFilter, LogPlace, read_after
from tollway.usage.repository import kept_from_ms
from tollway.usage.slots import Span
from tollway.usage.types import InferenceRecord

CURSOR_LABEL = "account log cursor"
"""What the key of the cursors is derived by."""
_POSITION = struct.Struct(">qqq")
_EXPORT_PAGE = 1_000


class AccountLogFilter(Struct, frozen=True, kw_only=True):
    """Which calls of an account to keep; None keeps all.

    Attributes:
        prefix: of the key that called; one that was deleted counts too.
        models: ids or aliases, exactly as they are written.
        statuses: ``succeeded``, ``failed`` or both.
        origin: ``api`` or ``playground``.
    """

    prefix: str | None = None
    models: tuple[str, ...] | None = None
    statuses: tuple[str, ...] | None = None
    origin: str | None = None


class AccountLogPage(Struct, frozen=True):
    """Calls, newest first, and the cursor of the next page; None on the last one."""

    records: tuple[InferenceRecord, ...]
    next_cursor: str | None


class ReadAccountLogs:
    """Answers what an account has called, with any of its keys and in its playground."""

    def __init__(self, database: Database, catalog: Catalog, *, cursor_key: bytes) -> None:
        self._database = database
        self._catalog = catalog
        self._cursors = CursorSigner(cursor_key)

    async def page(
        self, account_id: int, window: Span, wanted: AccountLogFilter, *, limit: int, cursor: str | None = None
    ) -> AccountLogPage:
        """Read a page: the newest calls of the window, or those that follow the cursor's page in that page's window.

        A cursor keeps its window, because one that ends now would be another one by the next page.

        Raises:
            WrongCursorError: the cursor was not issued for this account and this filter, or not in this form.
            UnknownKeyError: the account never had a key of that prefix.
        """
        scope, after = msgspec.json.encode((account_id, wanted)), None
        if cursor is not None:
            window, after = _place(self._cursors.read(cursor, scope))
        records = await self._read(account_id, window, wanted, limit=limit + 1, after=after)
        if len(records) <= limit:
            return AccountLogPage(records, None)
        records = records[:limit]
        position = _POSITION.pack(window.from_ms, window.to_ms, records[-1].started_at_ms)
        next_cursor = self._cursors.issue(position + records[-1].inference_id.encode(), scope)
        return AccountLogPage(records, next_cursor)

    async def export(
        self, account_id: int, window: Span, wanted: AccountLogFilter, *, at_most: int
    ) -> AsyncIterator[Sequence[InferenceRecord]]:
        """Read the calls of a window in pages, newest first; the first one is there even when it is empty.

        Raises:
            UnknownKeyError: the account never had a key of that prefix.
        """
        after, left = None, at_most
        while True:
            wanted_count = min(left, _EXPORT_PAGE)
            records = await self._read(account_id, window, wanted, limit=wanted_count, after=after)
            yield records
            left -= len(records)
            if len(records) < wanted_count or left <= 0:
                return
            after = LogPlace(records[-1].started_at_ms, records[-1].inference_id)

    async def receipt(self, account_id: int, inference_id: str) -> OwnReceipt:
        """Return the receipt of a call of the account.

        Raises:
            UnknownInferenceError: the account has none of this id, it is still being answered, or its receipt is not
                kept any more: nobody is told which.
        """
        async with self._database.connect() as connection:
            return await find_receipt(connection, inference_id, lambda record: record.account_id == account_id)

    async def _read(
        self, account_id: int, window: Span, wanted: AccountLogFilter, *, limit: int, after: LogPlace | None
    ) -> tuple[InferenceRecord, ...]:
        async with self._database.connect() as connection:
            keys = await used_keys(connection, account_id, window, prefix=wanted.prefix, origin=wanted.origin)
            kept = LogFilter(
                key_ids=keys,
                span=window,
                model_ids=model_ids(self._catalog, wanted.models),
                statuses=frozenset(wanted.statuses or (SUCCEEDED, FAILED)),
            )
            horizon_ms = await kept_from_ms(connection)
            return await read_after(connection, kept, kept_from_ms=horizon_ms, limit=limit, after=after)


def _place(position: bytes) -> tuple[Span, LogPlace]:
    from_ms, to_ms, started_at_ms = _POSITION.unpack_from(position)
    return Span(from_ms, to_ms), LogPlace(started_at_ms, position[_POSITION.size :].decode())
