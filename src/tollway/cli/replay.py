"""``tollway ledger replay``: every bill of a period computed again, at its own prices or at others."""

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import day_and_time, print_json, print_table
from tollway.cli.workspace import finish, open_database
from tollway.kit.clock import iso_utc
from tollway.kit.money import usd_text
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.credits.rate_cards import ModelPrices
    from tollway.credits.types import Charge
    from tollway.flows.replay_bills import Period, Preview, Replay

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MomentText = str | None


def replay(
    *,
    from_moment: Annotated[
        _MomentText,
        typer.Option(
            "--from", metavar="MOMENT", help="Begin here: 2026-08-01, or 2026-08-01T08:00Z.", show_default=False
        ),
    ] = None,
    to_moment: Annotated[
        _MomentText, typer.Option("--to", metavar="MOMENT", help="End before this moment.", show_default=False)
    ] = None,
    rate_card: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Show instead what these prices would have earned (TOML).", show_default=False
        ),
    ] = None,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Compute every bill of a period again from the receipts and the stored prices; exit code 1 when one differs.

    The moments are those at which the calls began, in UTC unless they have an offset. A file of other prices has a
    table for each model, ["developer/name"], with input_nanousd, output_nanousd and, where wanted, reasoning_nanousd
    and cached_input_nanousd: nano-USD per token, 1000 are 1 USD per million tokens.
    """
    from tollway.flows.replay_bills import Period

    period = Period(_moment_ms(from_moment, "--from"), _moment_ms(to_moment, "--to"))
    if period.from_ms is not None and period.to_ms is not None and period.to_ms <= period.from_ms:
        raise typer.BadParameter("The end must be later than the beginning.", param_hint="--to")
    prices = None if rate_card is None else _read_prices(rate_card)
    settings = read_settings(data_dir, config)
    if prices is not None:
        _print_preview(finish(_preview(settings, period, prices)), period, as_json=as_json)
        return
    found = finish(_replay(settings, period))
    _print_replay(found, period, as_json=as_json)
    raise typer.Exit(1 if found.difference_count else 0)


def _moment_ms(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        expected = "a day such as 2026-08-01, or a moment such as 2026-08-01T08:00:00Z"
        raise typer.BadParameter(f"expected {expected}, received {text!r}", param_hint=option) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1))


def _read_prices(path: Path) -> "list[ModelPrices]":
    from tollway.catalog.types import Price
    from tollway.credits.rate_cards import ModelPrices
    from tollway.flows.set_prices import PRICE_NANOUSD_MAX

    def refused(reason: object) -> typer.BadParameter:
        return typer.BadParameter(f"{path}: {reason}", param_hint="--rate-card")

    try:
        given = msgspec.convert(tomllib.loads(path.read_text(encoding="utf-8")), dict[str, Price])
    except OSError as error:
        raise refused(error.strerror) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise refused(f'{error} (a model\'s table begins with ["developer/name"], in quotes)') from error
    except msgspec.ValidationError as error:
        raise refused(error) from error
    if not given:
        raise refused("expected a table for each model, found none")
    for model_id, price in given.items():
        for name, price_nanousd in msgspec.structs.asdict(price).items():
            if price_nanousd is not None and not 0 <= price_nanousd <= PRICE_NANOUSD_MAX:
                expected = f"an integer from 0 to {PRICE_NANOUSD_MAX} (nano-USD per token)"
                raise refused(f"{model_id}: {name}: expected {expected}, received {price_nanousd}")
    return [
        ModelPrices(
            model_id=model_id,
            input_nanousd=price.input_nanousd,
            cached_input_nanousd=(
                price.input_nanousd if price.cached_input_nanousd is None else price.cached_input_nanousd
            ),
            output_nanousd=price.output_nanousd,
            reasoning_nanousd=price.reasoning_nanousd,
        )
        for model_id, price in given.items()
    ]


async def _replay(settings: Settings, period: "Period") -> "Replay":
    from tollway.flows.replay_bills import ReplayBills

    async with open_database(settings) as database:
        return await ReplayBills(database).replay(period)


async def _preview(settings: Settings, period: "Period", prices: "list[ModelPrices]") -> "Preview":
    from tollway.flows.replay_bills import ReplayBills

    async with open_database(settings) as database:
        return await ReplayBills(database).preview(period, prices)


def _print_replay(found: "Replay", period: "Period", *, as_json: bool) -> None:
    if as_json:
        document: dict[str, Any] = msgspec.to_builtins(found)
        document["kept_from"] = _horizon(document.pop("kept_from_ms"))
        print_json({"ok": found.difference_count == 0, **document})
        return
    charged, absorbed = _credits(found.charged_credits), _credits(found.absorbed_credits)
    print(f"{found.inferences:,} bills computed again: {charged} charged, {absorbed} absorbed.")
    print(f"The ledger charged {_credits(found.ledger_credits)} for them.")
    if found.difference_count:
        rows = [
            (one.inference_id, _bill(one.expected), _bill(one.logged), f"{one.ledger_credits:,}")
            for one in found.differences
        ]
        print_table(("inference", "computed: charged + absorbed", "logged", "ledger"), rows, "")
        shown = len(found.differences)
        more = f", of which the first {shown} are shown" if shown < found.difference_count else ""
        print(f"{found.difference_count:,} bills differ{more}.")
    else:
        print("No bill differs.")
    _print_horizon(found.kept_from_ms, period)


def _print_preview(found: "Preview", period: "Period", *, as_json: bool) -> None:
    earned = sum(one.earned_credits for one in found.models)
    would_earn = sum(one.would_earn_credits for one in found.models)
    if as_json:
        totals = {"earned_credits": earned, "would_earn_credits": would_earn}
        print_json({"models": found.models, "totals": totals, "kept_from": _horizon(found.kept_from_ms)})
        return
    rows = [
        (one.model_id, f"{one.inferences:,}", _credits(one.earned_credits), _credits(one.would_earn_credits))
        for one in found.models
    ]
    print_table(("model", "calls", "earned", "would have earned"), rows, "")
    print(f"Together: {_credits(earned)} earned, {_credits(would_earn)} with these prices ({would_earn - earned:+,}).")
    print("These prices are applied to what was delivered, without the bound of what was set aside at the time.")
    _print_horizon(found.kept_from_ms, period)


def _horizon(kept_from_ms: int) -> str | None:
    return iso_utc(kept_from_ms) if kept_from_ms else None


def _print_horizon(kept_from_ms: int, period: "Period") -> None:
    if kept_from_ms > (period.from_ms or 0):
        print(f"Calls before {day_and_time(kept_from_ms)} may be gone from the log, and were not computed then.")


def _bill(charge: "Charge | None") -> str:
    return "price is missing" if charge is None else f"{charge.charged_credits:,} + {charge.absorbed_credits:,}"


def _credits(amount_credits: int) -> str:
    return f"{amount_credits:,} credits (${usd_text(amount_credits)})"
