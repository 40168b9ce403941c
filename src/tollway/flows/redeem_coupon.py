"""Turns a coupon's code into credits of an account."""

import asyncio

from msgspec import Struct

from tollway.audit.service import new_entry
from tollway.audit.types import Actor
from tollway.coupons.code import normal_code
from tollway.coupons.errors import (
    CouponContendedError,
    CouponExpiredError,
    CouponRedeemedError,
    CouponUsedUpError,
    UnknownCouponError,
)
from tollway.coupons.repository import find_coupon, has_redeemed
from tollway.coupons.tables import coupon_redemptions
from tollway.coupons.types import UsedCoupon
from tollway.coupons.wrong_codes import WrongCodes
from tollway.credits.errors import CompanionConflictError
from tollway.credits.types import CompanionRow, GrantType, Ledger
from tollway.flows.audited_grant import AuditedGrant, NamedGrant
from tollway.kit.clock import DAY_MS, Clock, iso_utc
from tollway.kit.database import Database

REFERENCE_PREFIX = "coupon-"
"""How the references of redemptions in the ledger begin; no other grant may have such a one."""
_TRIES_MAX = 100


class Redemption(Struct, frozen=True, kw_only=True):
    """What a code has brought; ``expires_at_ms`` is when what is left of the credits goes, None is never."""

    code: str
    amount_credits: int
    balance_credits: int
    expires_at_ms: int | None


class RedeemCoupon:
    """Redeems coupons, each once for an account and for as many accounts as it is meant for.

    A use takes the next number of its coupon in the commit of the grant, and no two uses can have one number; who
    comes second looks again and takes the next, or is told why there is none. Within this process redemptions come one
    after the other, because those of one coupon would only stand in each other's way.
    """

    def __init__(self, database: Database, ledger: Ledger, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._grants = AuditedGrant(database, ledger)
        self._wrong_codes = WrongCodes(clock)
        self._turn = asyncio.Lock()

    async def redeem(self, actor: Actor, account_id: int, code_text: str) -> Redemption:
        """Redeem a code for an account.

        Raises:
            WrongCouponFieldError: no coupon can have such a code.
            UnknownCouponError: no coupon has the code, or it is disabled, or not valid yet: nobody is told which.
            CouponRedeemedError: the account has redeemed it before.
            CouponUsedUpError: it has been redeemed as often as it may be.
            CouponExpiredError: it is not valid any more.
            TooManyWrongCodesError: the account has tried too many codes that are none.
            LedgerUnavailableError: the change could not be made durable.
            CouponContendedError: others took each number first.
        """
        code = normal_code(code_text)
        # What is refused waits for nobody.
        await self._look(account_id, code)
        async with self._turn:
            for _ in range(_TRIES_MAX):
                found = await self._look(account_id, code)
                try:
                    redemption = await self._take_use(actor, account_id, found)
                except CompanionConflictError:
                    continue
                if redemption is not None:
                    return redemption
        raise CouponContendedError(f"The coupon {code} is in great demand; try again.", retry_after_s=1)

    async def _look(self, account_id: int, code: str) -> UsedCoupon:
        """Find the coupon if the account can redeem it now."""
        async with self._database.connect() as connection:
            found = await find_coupon(connection, code)
            is_redeemed = await has_redeemed(connection, code, account_id)
        # From here to the answer nothing is awaited: however many guesses come at once, each is counted before the
        # next one is answered.
        self._wrong_codes.check(account_id)
        if is_redeemed:
            raise CouponRedeemedError(f"This account has redeemed the coupon {code} before.", param="code")
        now_ms = self._clock.now_ms()
        if found is None or not found.coupon.enabled or now_ms < found.coupon.valid_from_ms:
            self._wrong_codes.count(account_id)
            raise UnknownCouponError("There is no coupon with this code that can be redeemed.", param="code")
        coupon = found.coupon
        if coupon.valid_until_ms is not None and now_ms >= coupon.valid_until_ms:
            raise CouponExpiredError(f"The coupon was valid until {iso_utc(coupon.valid_until_ms)}.", param="code")
        if coupon.uses_max is not None and found.uses >= coupon.uses_max:
            raise CouponUsedUpError(f"The coupon {code} has been used as often as it may be.", param="code")
        return found

    async def _take_use(self, actor: Actor, account_id: int, found: UsedCoupon) -> Redemption | None:
        """Take the next use; None when another server did it for this account in the meantime."""
        coupon, now_ms, use_number = found.coupon, self._clock.now_ms(), found.uses + 1
        lasts_days = coupon.credits_last_days
        grant = NamedGrant(
            account_id=account_id,
            amount_credits=coupon.amount_credits,
            kind=GrantType.BONUS,
            reference=f"{REFERENCE_PREFIX}{coupon.code}-{account_id}",
            granted_at_ms=now_ms,
            expires_at_ms=None if lasts_days is None else now_ms + lasts_days * DAY_MS,
        )
        entry = new_entry(
            actor=actor,
            action="coupon.redeem",
            subject=coupon.code,
            now_ms=now_ms,
            account_id=account_id,
            details={
                "credits": coupon.amount_credits,
                "use_number": use_number,
                "expires_at": None if grant.expires_at_ms is None else iso_utc(grant.expires_at_ms),
            },
        )
        use = CompanionRow(coupon_redemptions, (coupon.code, use_number, account_id, now_ms))
        balance, is_new = await self._grants.make(grant, entry, (use,))
        if not is_new:
            return None
        return Redemption(
            code=coupon.code,
            amount_credits=coupon.amount_credits,
            balance_credits=balance.posted_credits,
            expires_at_ms=grant.expires_at_ms,
        )
