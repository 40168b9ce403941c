"""``tollway ledger``: whether the books balance, and what is in them."""

from typing import TYPE_CHECKING, Annotated

import typer

from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import day_and_time, print_fields, print_json, print_table
from tollway.cli.workspace import finish, open_database
from tollway.kit.clock import iso_utc
from tollway.kit.money import usd_text
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.credits.types import Check
    from tollway.flows.show_books import MovementView, WalletView

app = typer.Typer(help="Prove that the books balance, and look into them.", no_args_is_help=True)


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
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most movements to show.")] = 20,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Show every wallet, or one with its newest movements."""
    settings = read_settings(data_dir, config)
    if email is None:
        _show_all(finish(_wallets(settings)), as_json=as_json)
    else:
        _show_one(*finish(_wallet(settings, email, limit)), as_json=as_json)


def _show_all(wallets: "list[WalletView]", *, as_json: bool) -> None:
    if as_json:
        print_json({"accounts": wallets})
        return
    rows = [
        (wallet.account_id, wallet.email, f"{wallet.posted_credits:,}", f"{wallet.held_credits:,}")
        for wallet in wallets
    ]
    print_table(("id", "account", "credits", "held"), rows, "There is no account.")


def _show_one(wallet: "WalletView", movements: "list[MovementView]", *, as_json: bool) -> None:
    if as_json:
        moved = [
            {
                "id": movement.id,
                "type": movement.kind,
                "amount_credits": movement.amount_credits,
                "reference_id": movement.reference_id,
                "created_at": iso_utc(movement.created_at_ms),
            }
            for movement in movements
        ]
        print_json({"account": wallet, "movements": moved})
        return
    usd = usd_text(wallet.posted_credits)
    fields = [("credits", f"{wallet.posted_credits:,} (${usd})"), ("held", f"{wallet.held_credits:,}")]
    print_fields(wallet.email, fields)
    rows = [
        (day_and_time(movement.created_at_ms), movement.kind, f"{movement.amount_credits:+,}", movement.reference_id)
        for movement in movements
    ]
    print_table(("when", "type", "credits", "reference"), rows, "Nothing was moved yet.")


async def _verify(settings: Settings) -> "list[Check]":
    from tollway.flows.verify_books import verify_books

    async with open_database(settings) as database:
        return list(await verify_books(database))


async def _wallets(settings: Settings) -> "list[WalletView]":
    from tollway.flows.show_books import list_wallets

    async with open_database(settings) as database:
        return await list_wallets(database)


async def _wallet(settings: Settings, email: str, limit: int) -> "tuple[WalletView, list[MovementView]]":
    from tollway.flows.show_books import show_wallet

    async with open_database(settings) as database:
        return await show_wallet(database, email, limit)
