"""What the owner of a key sees of single inferences: pages of the log, and the receipt of one."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from tollway.catalog.errors import UnknownModelError
from tollway.catalog.service import Catalog
from tollway.credits.pricing import Meters, RateCard, charge_nanousd
from tollway.credits.rate_cards import find_card
from tollway.credits.repository import HoldFacts, find_hold
from tollway.flows.reported_key import reported_key_id
from tollway.keys.types import KeyEntry, KeyKind
from tollway.kit.database import Database
from tollway.kit.errors import NotFoundError
from tollway.usage.log import FAILED, SUCCEEDED, LogFilter, LogPage, find_record, read_page
from tollway.usage.repository import kept_from_ms
from tollway.usage.slots import Span
from tollway.usage.types import InferenceRecord
from tollway.wire.refusals import shorten

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class UnknownInferenceError(NotFoundError):
    """The caller has no such inference, or its receipt is not kept any more."""

    default_code = "inference_not_found"


class OwnReceipt(Struct, frozen=True, kw_only=True):
    """One inference and how its bill came about.

    Attributes:
        rate_card: the prices that it was charged by; None where they are not known.
        hold: how its hold ended.
    """

    record: InferenceRecord
    rate_card: RateCard | None
    hold: HoldFacts


class ReadLogs:
    """Answers what a key has called. Everything in an answer is of one moment."""

    def __init__(self, database: Database, catalog: Catalog) -> None:
        self._database = database
        self._catalog = catalog

    async def page(  # noqa: PLR0913 - The filters of the contract, all but two of them optional.
        self,
        caller: KeyEntry,
        span: Span,
        *,
        limit: int,
        offset: int = 0,
        prefix: str | None = None,
        models: Sequence[str] | None = None,
        statuses: Sequence[str] | None = None,
    ) -> LogPage:
        """Read a page of the log of the caller's key, or of the key that a prefix names, newest first.

        ``models`` are ids or aliases, exactly as they are written.

        Raises:
            OtherKeyRefusedError: the prefix is another key's, and the caller is no management key.
            UnknownKeyError: the caller's account never had a key of that prefix.
        """
        async with self._database.connect() as connection:
            wanted = LogFilter(
                key_ids=(await reported_key_id(connection, caller, prefix),),
                span=span,
                model_ids=model_ids(self._catalog, models),
                statuses=frozenset(statuses or (SUCCEEDED, FAILED)),
            )
            horizon_ms = await kept_from_ms(connection)
            return await read_page(connection, wanted, kept_from_ms=horizon_ms, limit=limit, offset=offset)

    async def receipt(self, caller: KeyEntry, inference_id: str) -> OwnReceipt:
        """Return the receipt of an inference of the caller's key; a management key sees those of its whole account.

        Raises:
            UnknownInferenceError: there is none of this id that the caller may see, it is still being answered, or its
                receipt is not kept any more: nobody is told which.
        """
        async with self._database.connect() as connection:
            return await find_receipt(connection, inference_id, lambda record: _may_see(caller, record))


def model_ids(catalog: Catalog, names: Sequence[str] | None) -> frozenset[str] | None:
    """Return the ids of models that have exactly these names; a name of none is taken for an id. None stays None."""
    return None if names is None else frozenset(_model_id(catalog, name) for name in names)


async def find_receipt(
    connection: "AsyncConnection", inference_id: str, may_see: Callable[[InferenceRecord], bool]
) -> OwnReceipt:
    """Read a receipt for somebody who may see some of them.

    Raises:
        UnknownInferenceError: there is none of this id that they may see, it is still being answered, or its receipt is
            not kept any more: nobody is told which.
    """
    record = await find_record(connection, inference_id)
    hold = await find_hold(connection, inference_id)
    if record is None or hold is None or not may_see(record):
        raise UnknownInferenceError(f"There is no receipt of an inference '{shorten(inference_id)}'.")
    rate_card = await find_card(connection, record.model_id, record.rate_card_version)
    return OwnReceipt(record=record, rate_card=rate_card, hold=hold)


def _model_id(catalog: Catalog, name: str) -> str:
    try:
        model = catalog.find(name)
    except UnknownModelError:
        return name
    return model.id if name in {model.id, *model.aliases} else name


def price_nanousd(receipt: OwnReceipt) -> int | None:
    """Return the exact price of what a receipt's meters counted, before it was rounded; None without its prices."""
    record, card = receipt.record, receipt.rate_card
    if card is None:
        return None
    meters = Meters(record.input_tokens, record.cached_input_tokens, record.output_tokens, record.reasoning_tokens)
    return charge_nanousd(meters, card)


def _may_see(caller: KeyEntry, record: InferenceRecord) -> bool:
    if caller.kind is KeyKind.MANAGEMENT:
        return record.account_id == caller.account_id
    return record.key_id == caller.key_id
