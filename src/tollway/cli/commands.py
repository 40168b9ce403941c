"""All commands, put together."""

from typing import Annotated

import typer

from tollway import __version__
from tollway.cli.account import app as account
from tollway.cli.audit import app as audit
from tollway.cli.coupon import app as coupon
from tollway.cli.credit import app as credit
from tollway.cli.doctor import doctor
from tollway.cli.key import app as key
from tollway.cli.ledger import app as ledger
from tollway.cli.model import app as model
from tollway.cli.openapi import openapi
from tollway.cli.payment import app as payment
from tollway.cli.price import app as price
from tollway.cli.up import up
from tollway.cli.upstream import app as upstream

app = typer.Typer(
    help="Tollway: your own AI/ML API.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("up")(up)
app.add_typer(account, name="account")
app.add_typer(key, name="key")
app.add_typer(credit, name="credit")
app.add_typer(coupon, name="coupon")
app.add_typer(payment, name="payment")
app.add_typer(ledger, name="ledger")
app.add_typer(audit, name="audit")
app.add_typer(model, name="model")
app.add_typer(price, name="price")
app.add_typer(upstream, name="upstream")
app.command("doctor")(doctor)
app.command("openapi")(openapi)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version.")
    ] = False,
) -> None:
    """Run your own AI/ML API."""
