"""Money set aside, charged and recorded: the ledger's vocabulary and its port."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct
from sqlalchemy import Table

from tollway.credits.pricing import Meters, RateCard


class LimitPeriod(StrEnum):
    """When the spend that counts against a key's limit starts anew, at 00:00 UTC."""

    NO_RESET = "no_reset"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class SpendLimit(Struct, frozen=True):
    """Most credits that a key may spend in a period."""

    limit_credits: int
    period: LimitPeriod


class HoldRequest(Struct, frozen=True, kw_only=True):
    """Asks for money to be set aside for one inference.

    Attributes:
        inference_id: becomes the hold's id.
        account_id: whose wallet.
        key_id: the key that called.
        key_limit: the key's spend limit, or None.
        rate_card: prices that hold and settlement use.
        prompt_upper_tokens: upper bound of the prompt's tokens.
        prompt_fair_tokens: fair estimate of the prompt's tokens.
        output_tokens: most output tokens wanted: the caller's explicit limit, or the model's default cap.
        output_is_explicit: whether the caller named the limit; otherwise it is clamped to what can be paid.
        model_id: for the record of the hold.
    """

    inference_id: str
    account_id: int
    key_id: int
    key_limit: SpendLimit | None
    rate_card: RateCard
    prompt_upper_tokens: int
    prompt_fair_tokens: int
    output_tokens: int
    output_is_explicit: bool
    model_id: str


class Hold(Struct, frozen=True):
    """Money that is durably set aside.

    ``output_tokens`` is the limit that it pays for; ``policy`` says how it was found: ``explicit``, ``default``,
    ``clamped`` or ``relaxed`` (see `credits.admission.admit`).
    """

    inference_id: str
    account_id: int
    key_id: int
    amount_credits: int
    output_tokens: int
    rate_card: RateCard
    policy: str = "explicit"


class Charge(Struct, frozen=True):
    """What an inference costs its caller; ``absorbed_credits`` is what the hold left over and the platform bears."""

    charged_credits: int
    absorbed_credits: int


class CompanionRow(Struct, frozen=True):
    """A row of another feature's table that is inserted in the same commit, its values in the order of the columns."""

    table: Table
    values: tuple[object, ...]


class CompanionSum(Struct, frozen=True):
    """Amounts that are added, in the same commit, to the row of another feature's table that has the given primary key.

    The table's columns are its primary key and then nothing but amounts; ``key`` and ``amounts`` are in their order.
    """

    table: Table
    key: tuple[object, ...]
    amounts: tuple[int, ...]


Companion = CompanionRow | CompanionSum
"""What another feature writes in a commit of the ledger."""


class Exposure(Struct, frozen=True, kw_only=True):
    """What a request that costs the caller nothing may have cost us.

    Attributes:
        reason: why it was voided, such as ``upstream_failed`` or ``recovered``.
        received: meters that had been received from the upstream.
        amount_credits: what they would have cost by the rate card.
    """

    reason: str
    received: Meters
    amount_credits: int


class RecoveredHold(Struct, frozen=True, kw_only=True):
    """A hold that nobody was left to close: the ledger voided it by itself. Times are Unix milliseconds."""

    inference_id: str
    account_id: int
    key_id: int
    model_id: str
    rate_card_version: int
    amount_credits: int
    created_at_ms: int
    closed_at_ms: int


class Balance(Struct, frozen=True):
    """A wallet: the posted credits and those among them that open holds set aside."""

    posted_credits: int
    held_credits: int

    @property
    def available_credits(self) -> int:
        """What a new hold may take."""
        return self.posted_credits - self.held_credits


class GrantType(StrEnum):
    """Where credits that are added to a wallet come from."""

    PAYMENT = "PAYMENT"
    BONUS = "BONUS"
    ADJUSTMENT = "ADJUSTMENT"
    INIT = "INIT"


class TakeType(StrEnum):
    """Why credits leave a wallet other than by a charge."""

    REFUND = "REFUND"
    CREDITS_EXPIRED = "CREDITS_EXPIRED"


CHARGE_KIND = "MODEL_USAGE"
"""Kind of the transfers that pay for inferences; the others are the values of `GrantType` and `TakeType`."""


class Check(Struct, frozen=True):
    """One identity of the books: its name, whether it holds, and what was found."""

    name: str
    ok: bool
    detail: str


class Ledger(Protocol):
    """The books. Every method that changes them returns after the change is durable.

    An implementation may be the only writer of its database or one of several; callers cannot tell.
    """

    async def hold(self, request: HoldRequest) -> Hold:
        """Set money aside for one inference.

        Raises:
            OutOfCreditsError: the wallet cannot pay.
            KeyLimitReachedError: the key's spend limit cannot pay.
            LedgerUnavailableError: the change could not be made durable; nothing was set aside.
        """
        ...

    async def settle(self, hold: Hold, charge: Charge, rows: Sequence[Companion] = ()) -> None:
        """Charge the hold, release the rest and insert the rows, in one commit. A replay is a no-op.

        Raises:
            ValueError: the charge is more than the hold, which is a bug of the caller.
            LedgerUnavailableError: the change could not be made durable. The ledger then voids the hold by itself as
                soon as it can, with a record of its own instead of the rows.
        """
        ...

    async def void(self, hold: Hold, exposure: Exposure | None, rows: Sequence[Companion] = ()) -> None:
        """Release the whole hold, record the exposure if any and insert the rows, in one commit. A replay is a no-op.

        Raises:
            LedgerUnavailableError: the change could not be made durable; the ledger goes on as for `settle`.
        """
        ...

    async def note_exposures(self, under_way: Sequence[tuple[Hold, Exposure]]) -> None:
        """Record what holds under way have received so far, so that a crash leaves it behind; replaces earlier notes.

        A settlement takes the note away again, a void puts its own exposure in its place.

        Raises:
            LedgerUnavailableError: the notes could not be written.
        """
        ...

    async def grant(
        self,
        account_id: int,
        amount_credits: int,
        kind: GrantType,
        reference: str | None,
        rows: Sequence[Companion] = (),
    ) -> Balance:
        """Add credits to a wallet (or take some away with a negative adjustment), and the rows in the same commit.

        A reference that was used before changes nothing: neither credits nor rows are added again.

        Raises:
            ValueError: the amount is zero, or negative without being an adjustment.
            OutOfCreditsError: a negative adjustment takes more than is available.
            GrantConflictError: the reference was used for another account or amount.
            CompanionConflictError: one of the rows contradicts what is stored; nothing was changed.
            UnknownAccountError: there is no such account.
            LedgerUnavailableError: the change could not be made durable.
        """
        ...

    async def take(
        self,
        account_id: int,
        at_most_credits: int,
        kind: TakeType,
        reference: str,
        rows: Sequence[Companion] = (),
    ) -> int:
        """Take credits from a wallet, as many as are available up to a number, and return how many were taken.

        A reference that was used before changes nothing and returns what was taken then. Where nothing can be taken,
        the rows are written all the same, and the reference is used.

        Raises:
            ValueError: the number is not positive.
            GrantConflictError: the reference was used for another account.
            CompanionConflictError: one of the rows contradicts what is stored; nothing was changed.
            UnknownAccountError: there is no such account.
            LedgerUnavailableError: the change could not be made durable.
        """
        ...

    async def balance(self, account_id: int) -> Balance:
        """Return a wallet's balance; an account without movements has zero."""
        ...
