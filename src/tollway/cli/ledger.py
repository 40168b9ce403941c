"""``tollway ledger``: whether the books balance, and what is in them."""

from typing import TYPE_CHECKING, Annotated

import typer

from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import day_and_time, print_fields, print_json, print_table
from tollway.cli.replay import replay
from tollway.cli.workspace import finish, open_database
from tollway.kit.clock import iso_utc
from tollway.kit.money import usd_text
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.credits.repository import WalletView
    from tollway.credits.types import Check
    from tollway.flows.show_books import AccountBalance, Receipt, Totals

app = typer.Typer(help="Prove that the books balance, and look into them.", no_args_is_help=True)
app.command()(replay)


@app.command()
def verify(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Prove every identity of the books; exit code 1 when one does not hold."""
    checks = finish(_verify(read_settings(data_dir, config)))
    ok = all(check.ok for check in checks)
    if as_json:
        print_json({"ok": ok, "checks": checks})
    else:
        rows = [("holds" if check.ok else "BROKEN", check.name, check.detail) for check in checks]
        print_table(("", "identity", "found"), rows, "Nothing was checked.")
        print("The books balance." if ok else "The books do not balance.")
    raise typer.Exit(0 if ok else 1)


@app.command()
def show(
    email: Annotated[str | None, typer.Argument(metavar="[EMAIL]", help="Only this account, with movements.")] = None,
    *,
    inference: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this inference: its receipt.", show_default=False)
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most movements to show.")] = 20,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show every wallet with the totals, one with its newest movements, or the receipt of one inference."""
    if email is not None and inference is not None:
        raise typer.BadParameter("Name an account or an inference, not both.", param_hint="--inference")
    settings = read_settings(data_dir, config)
    if inference is not None:
        from tollway.cli.receipt import print_receipt

        print_receipt(finish(_receipt(settings, inference)), as_json=as_json)
    elif email is None:
        _show_all(*finish(_everything(settings)), as_json=as_json)
    else:
        _show_one(*finish(_wallet(settings, email, limit)), as_json=as_json)


def _show_all(accounts: "list[AccountBalance]", totals: "Totals", *, as_json: bool) -> None:
    if as_json:
        summed = {
            "charged_credits": totals.charged_credits,
            "absorbed_credits": totals.absorbed_credits,
            "absorbed_from": iso_utc(totals.absorbed_from_ms) if totals.absorbed_from_ms else None,
            "exposure_credits": totals.exposure_credits,
        }
        print_json({"accounts": accounts, "totals": summed})
        return
    rows = [(one.account_id, one.email, f"{one.posted_credits:,}", f"{one.held_credits:,}") for one in accounts]
    print_table(("id", "account", "credits", "held"), rows, "There is no account.")
    kept_from_ms = totals.absorbed_from_ms
    since = f" since {day_and_time(kept_from_ms)}, as earlier calls are gone from the log" if kept_from_ms else ""
    print_fields(
        "All inferences, in credits",
        [
            ("charged", f"{totals.charged_credits:,}"),
            ("absorbed", f"{totals.absorbed_credits:,}, used beyond what was set aside{since}"),
            ("exposure", f"{totals.exposure_credits:,}, at most, for answers that nobody was charged for"),
        ],
    )


def _show_one(account: "AccountBalance", view: "WalletView", *, as_json: bool) -> None:
    if as_json:
        moved = [
            {
                "id": movement.id,
                "type": movement.kind,
                "amount_credits": movement.amount_credits,
                "reference_id": movement.reference_id,
                "created_at": iso_utc(movement.created_at_ms),
            }
            for movement in view.transfers
        ]
        held = [
            {
                "inference_id": hold.inference_id,
                "model": hold.model_id,
                "amount_credits": hold.amount_credits,
                "created_at": iso_utc(hold.created_at_ms),
            }
            for hold in view.open_holds
        ]
        print_json({"account": account, "movements": moved, "open_holds": held})
        return
    usd = usd_text(account.posted_credits)
    fields = [("credits", f"{account.posted_credits:,} (${usd})"), ("held", f"{account.held_credits:,}")]
    print_fields(account.email, fields)
    rows = [
        (day_and_time(movement.created_at_ms), movement.kind, f"{movement.amount_credits:+,}", movement.reference_id)
        for movement in view.transfers
    ]
    print_table(("when", "type", "credits", "reference"), rows, "Nothing was moved yet.")
    if view.open_holds:
        held_rows = [
            (day_and_time(hold.created_at_ms), hold.model_id, f"{hold.amount_credits:,}", hold.inference_id)
            for hold in view.open_holds
        ]
        print_table(("held since", "model", "credits", "inference"), held_rows, "")


async def _verify(settings: Settings) -> "list[Check]":
    from tollway.flows.verify_books import verify_books

    async with open_database(settings) as database:
        return list(await verify_books(database))


async def _everything(settings: Settings) -> "tuple[list[AccountBalance], Totals]":
    from tollway.flows.show_books import show_all

    async with open_database(settings) as database:
        return await show_all(database)


async def _wallet(settings: Settings, email: str, limit: int) -> "tuple[AccountBalance, WalletView]":
    from tollway.flows.show_books import show_wallet

    async with open_database(settings) as database:
        return await show_wallet(database, email, limit)


async def _receipt(settings: Settings, inference_id: str) -> "Receipt":
    from tollway.flows.show_books import show_receipt

    async with open_database(settings) as database:
        return await show_receipt(database, inference_id)
