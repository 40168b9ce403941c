"""``tollway price``: what the operator asks for tokens."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from typer.models import OptionInfo

from tollway.cli.actor import command_line_actor
from tollway.cli.operator_catalog import open_catalog
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import print_fields, print_json, print_table
from tollway.cli.workspace import finish
from tollway.kit.clock import iso_utc
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.flows.set_prices import PriceChange
    from tollway.http.operator.rate_card_views import RateCardEntry

app = typer.Typer(help="Set what tokens cost, and see what they cost when.", no_args_is_help=True)
_NANOUSD_MAX = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _price(name: str, help_text: str, *, show_default: bool = True) -> OptionInfo:
    """Declare the option for the price of one meter."""
    option: OptionInfo = typer.Option(
        name, metavar="N", min=0, max=_NANOUSD_MAX, help=help_text, show_default=show_default
    )
    return option


@app.command("list")
def list_prices(
    model: Annotated[str | None, typer.Argument(metavar="[MODEL]", help="Only this model: its id or an alias.")] = None,
    *,
    history: Annotated[
        bool, typer.Option("--history", help="Also prices of the past and those to come; implied by MODEL.")
    ] = False,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List the prices in force, in nano-USD per token: 1,000 are 1 USD per million tokens."""
    entries = finish(_list(read_settings(data_dir, config), model))
    shown = entries if history or model is not None else [entry for entry in entries if entry.in_force]
    if as_json:
        print_json({"rate_cards": shown})
        return
    rows = [
        (
            "*" if entry.in_force else "",
            entry.model,
            entry.version,
            entry.input_nanousd,
            entry.cached_input_nanousd,
            entry.output_nanousd,
            entry.reasoning_nanousd,
            "model file" if entry.source == "catalog" else entry.source,
            entry.effective_from,
        )
        for entry in shown
    ]
    columns = ("in force", "model", "version", "input", "cached", "output", "reasoning", "set by", "from")
    print_table(columns, rows, "No model has a price.")


@app.command("set")
def set_price(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's id or an alias.")],
    *,
    input_nanousd: Annotated[int, _price("--input", "Nano-USD per prompt token.")],
    output_nanousd: Annotated[int, _price("--output", "Nano-USD per visible output token.")],
    reasoning_nanousd: Annotated[int, _price("--reasoning", "Nano-USD per reasoning token.")] = 0,
    cached_input_nanousd: Annotated[
        int | None,
        _price(
            "--cached-input",
            "Nano-USD per prompt token that the upstream had cached; what input costs, unless named.",
            show_default=False,
        ),
    ] = None,
    effective_from: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="MOMENT",
            help="From when on, such as 2027-01-01T00:00:00Z; at once, unless named.",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Set a model's prices, in nano-USD per token: 1,000 are 1 USD per million tokens.

    A running server uses them at once, for requests that come from then on. The price in the model's file has no effect
    any more.
    """
    from tollway.cli.admin_client import tell_catalog_changed
    from tollway.flows.set_prices import PriceChange
    from tollway.wire.refusals import InvalidBodyError

    settings = read_settings(data_dir, config)
    change = PriceChange(
        model_id=model,
        input_nanousd=input_nanousd,
        output_nanousd=output_nanousd,
        reasoning_nanousd=reasoning_nanousd,
        cached_input_nanousd=cached_input_nanousd,
        effective_from_ms=None if effective_from is None else _moment_ms(effective_from),
    )
    try:
        entry = finish(_set(settings, change))
    except InvalidBodyError as error:
        # The numbers were checked above, so it is the moment, of which the message names a field of bodies.
        raise typer.BadParameter(error.message.partition("effective_from: ")[2], param_hint="--from") from error
    tell_catalog_changed(settings.data_path)
    if as_json:
        print_json(entry)
        return
    print_fields(
        f"{entry.model} has new prices, in nano-USD per token.",
        [
            ("version", entry.version),
            ("input", entry.input_nanousd),
            ("cached input", entry.cached_input_nanousd),
            ("output", entry.output_nanousd),
            ("reasoning", entry.reasoning_nanousd),
            ("from", entry.effective_from),
        ],
    )


async def _list(settings: Settings, name: str | None) -> "list[RateCardEntry]":
    from tollway.http.operator.rate_card_views import rate_card_entry
    from tollway.kit.clock import SystemClock

    now_ms = SystemClock().now_ms()
    async with open_catalog(settings) as opened:
        cards = opened.rate_cards
        versions = cards.history(name)
        if name is not None and not versions:
            versions = cards.history(opened.catalog.find(name).id)
        return [rate_card_entry(one, cards.in_force(one.card.model_id, now_ms)) for one in versions]


async def _set(settings: Settings, change: "PriceChange") -> "RateCardEntry":
    from tollway.http.operator.rate_card_views import rate_card_entry
    from tollway.kit.clock import SystemClock

    async with open_catalog(settings) as opened:
        stored = await opened.set_prices.set(change, command_line_actor())
        in_force = opened.rate_cards.in_force(stored.card.model_id, SystemClock().now_ms())
        return rate_card_entry(stored, in_force)


def _moment_ms(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise typer.BadParameter(f"{text!r} has no offset, such as Z or +08:00", param_hint="--from")
        moment_ms = (moment - _EPOCH) // timedelta(milliseconds=1)
        iso_utc(moment_ms)
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is no moment such as 2027-01-01T00:00:00Z", param_hint="--from") from error
    return moment_ms
