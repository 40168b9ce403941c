"""``tollway coupon``: codes that accounts turn into credits."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from tollway.cli.actor import command_line_actor
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import day_and_time, print_fields, print_json, print_table
from tollway.cli.workspace import finish, open_database
from tollway.coupons.types import CouponChange, NewCoupon, UsedCoupon
from tollway.kit.clock import SystemClock, iso_utc
from tollway.kit.money import credits_from_usd, usd_text
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.flows.manage_coupons import ManageCoupons

app = typer.Typer(help="Make, list, disable and enable coupons.", no_args_is_help=True)
Code = Annotated[str, typer.Argument(metavar="CODE", help="The coupon's code.")]
_USD_MAX = 1_000_000
_Result = TypeVar("_Result")


def _moment_ms(text: str | None) -> int | None:
    """Read a day, or a moment; one without an offset is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment_ms = int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
        iso_utc(moment_ms)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"expected a day or a moment such as 2026-08-01T12:00Z, received '{text}'") from error
    return moment_ms


@app.command()
def create(
    code: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="4 to 64 letters, digits and dashes; or a random one.")
    ] = None,
    *,
    credit_count: Annotated[
        int | None, typer.Option("--credits", metavar="N", help="What it brings; 2,000,000 are one US dollar.")
    ] = None,
    usd: Annotated[str | None, typer.Option(metavar="USD", help="The same in US dollars.")] = None,
    uses: Annotated[int | None, typer.Option(metavar="N", min=1, help="How many accounts may redeem it.")] = None,
    unlimited: Annotated[bool, typer.Option("--unlimited", help="Let any number of accounts redeem it.")] = False,
    valid_from: Annotated[str | None, typer.Option(metavar="WHEN", help="When it begins; at once without.")] = None,
    valid_until: Annotated[str | None, typer.Option(metavar="WHEN", help="When it ends; never without.")] = None,
    credits_last_days: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="For how many days the credits can be spent.")
    ] = None,
    note: Annotated[str, typer.Option(help="What it is for.")] = "",
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a coupon, which one account may redeem unless more are allowed."""
    if unlimited and uses is not None:
        raise typer.BadParameter("--uses is named as well", param_hint="--unlimited")
    new = NewCoupon(
        code=code,
        amount_credits=_amount_credits(credit_count, usd),
        uses_max=None if unlimited else 1 if uses is None else uses,
        valid_from_ms=_moment_ms(valid_from),
        valid_until_ms=_moment_ms(valid_until),
        credits_last_days=credits_last_days,
        note=note,
    )
    used = _run(read_settings(data_dir, config), lambda coupons: coupons.create(command_line_actor(), new))
    if as_json:
        print_json(_view(used))
    else:
        fields = [("code", used.coupon.code), ("credits", _credits(used)), ("uses", _uses(used))]
        print_fields("Coupon made.", fields)


@app.command("list")
def list_coupons(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most coupons to show.")] = 100,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List the newest coupons."""
    found = _run(read_settings(data_dir, config), lambda coupons: coupons.list_page(at_most=limit))
    if as_json:
        print_json({"coupons": [_view(used) for used in found]})
        return
    rows = [
        (
            used.coupon.code,
            _credits(used),
            _uses(used),
            "enabled" if used.coupon.enabled else "disabled",
            day_and_time(used.coupon.valid_from_ms),
            day_and_time(used.coupon.valid_until_ms),
            used.coupon.note,
        )
        for used in found
    ]
    print_table(("code", "credits", "uses", "state", "begins", "ends", "note"), rows, "There is no coupon.")


@app.command()
def disable(code: Code, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Disable a coupon; nobody can redeem it any more."""
    _switch(read_settings(data_dir, config), code, enabled=False, as_json=as_json)


@app.command()
def enable(code: Code, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Enable a disabled coupon."""
    _switch(read_settings(data_dir, config), code, enabled=True, as_json=as_json)


def _switch(settings: Settings, code: str, *, enabled: bool, as_json: bool) -> None:
    change = CouponChange(enabled=enabled)
    used = _run(settings, lambda coupons: coupons.update(command_line_actor(), code, change))
    if as_json:
        print_json(_view(used))
    else:
        print(f"The coupon {used.coupon.code} is {'enabled' if enabled else 'disabled'}.")


def _run(settings: Settings, use: "Callable[[ManageCoupons], Awaitable[_Result]]") -> _Result:
    return finish(_with_coupons(settings, use))


async def _with_coupons(settings: Settings, use: "Callable[[ManageCoupons], Awaitable[_Result]]") -> _Result:
    from tollway.flows.manage_coupons import ManageCoupons

    async with open_database(settings) as database:
        return await use(ManageCoupons(database, SystemClock()))


def _amount_credits(credit_count: int | None, usd: str | None) -> int:
    if (credit_count is None) == (usd is None):
        raise typer.BadParameter("name the amount, in one of both units", param_hint="--credits / --usd")
    if credit_count is not None:
        return credit_count
    try:
        amount_usd = Decimal(usd or "")
        if not 0 < amount_usd <= _USD_MAX:
            raise typer.BadParameter(f"expected more than 0 and at most {_USD_MAX}", param_hint="--usd")
        return credits_from_usd(amount_usd)
    except InvalidOperation as error:
        raise typer.BadParameter(f"expected a number of US dollars, received '{usd}'", param_hint="--usd") from error
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--usd") from error


def _credits(used: UsedCoupon) -> str:
    amount = used.coupon.amount_credits
    return f"{amount:,} (${usd_text(amount)})"


def _uses(used: UsedCoupon) -> str:
    return f"{used.uses} of {'any number' if used.coupon.uses_max is None else used.coupon.uses_max}"


def _view(used: UsedCoupon) -> dict[str, object]:
    coupon = used.coupon
    until_ms = coupon.valid_until_ms
    return {
        "code": coupon.code,
        "credits": coupon.amount_credits,
        "uses": used.uses,
        "uses_max": coupon.uses_max,
        "valid_from": iso_utc(coupon.valid_from_ms),
        "valid_until": None if until_ms is None else iso_utc(until_ms),
        "credits_last_days": coupon.credits_last_days,
        "enabled": coupon.enabled,
        "note": coupon.note,
        "created_at": iso_utc(coupon.created_at_ms),
    }
