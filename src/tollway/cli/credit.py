"""``tollway credit``: money that the operator gives or takes."""

from typing import Annotated, Literal

import typer

from tollway.cli.actor import command_line_actor
from tollway.cli.books import open_books, through_owner
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import print_json
from tollway.http.admin.messages import Grant, Granted
from tollway.kit.money import usd_text
from tollway.kit.settings import Settings

app = typer.Typer(help="Give credits to accounts.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Give credits to accounts."""


@app.command()
def grant(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The account's email address.")],
    *,
    credit_count: Annotated[
        int, typer.Option("--credits", metavar="N", help="Credits to add; 2,000,000 are one US dollar.")
    ],
    kind: Annotated[
        Literal["PAYMENT", "BONUS", "ADJUSTMENT", "INIT"],
        typer.Option("--type", help="Where they come from; an adjustment may be negative, INIT is an opening balance."),
    ] = "BONUS",
    reference: Annotated[
        str | None, typer.Option(metavar="R", help="A name of your own for the grant, which is then made once only.")
    ] = None,
    expires_in_days: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Days after which what is left of them goes.")
    ] = None,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Add credits to an account."""
    settings = read_settings(data_dir, config)
    wanted = Grant(
        email=email,
        credits=credit_count,
        type=kind,
        user=command_line_actor().name,
        reference=reference,
        expires_in_days=expires_in_days,
    )
    balance_credits = make_grant(settings, wanted)
    if as_json:
        print_json({"balance_credits": balance_credits})
    else:
        print(f"The balance of {email} is {balance_credits:,} credits (${usd_text(balance_credits)}).")


def make_grant(settings: Settings, wanted: Grant) -> int:
    """Let the server that owns the books make the grant, or own them for this moment where there is none.

    Returns:
        The account's balance in credits.
    """
    return through_owner(settings, wanted, Granted, lambda: _grant_here(settings, wanted)).balance_credits


async def _grant_here(settings: Settings, wanted: Grant) -> Granted:
    from tollway.flows.grant_credits import GrantCredits
    from tollway.http.admin.server import wanted_grant
    from tollway.kit.clock import SystemClock

    async with open_books(settings) as (database, books):
        flow = GrantCredits(database, books, SystemClock())
        made = await flow.grant(command_line_actor(), wanted.email, wanted_grant(wanted))
    return Granted(made.balance.posted_credits)
