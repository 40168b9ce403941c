"""``tollway account``: who may own keys and credits."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from tollway.cli.account_links import invite, reset_link
from tollway.cli.actor import command_line_actor
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import day_and_time, print_fields, print_json, print_table
from tollway.cli.workspace import finish, open_database
from tollway.kit.clock import iso_utc
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.accounts.types import Account
    from tollway.flows.manage_accounts import ManageAccounts
    from tollway.kit.database import Database

app = typer.Typer(
    help="Make, invite, list, disable and enable accounts; say who runs the platform.", no_args_is_help=True
)
app.command("invite")(invite)
app.command("reset-link")(reset_link)
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The account's email address.")]


@app.command()
def create(
    email: Email,
    *,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    operator: Annotated[bool, typer.Option("--operator", help="Let its owner run the platform too.")] = False,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Make an account, with a random password unless one is given."""
    settings = read_settings(data_dir, config)
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    account, password = finish(_create(settings, email, password, is_operator=operator))
    if as_json:
        print_json({"id": account.id, "email": account.email, "is_operator": account.is_operator, "password": password})
    else:
        fields = [("id", account.id), ("email", account.email), ("password", password)]
        print_fields("Account made. The password is not shown again.", fields)


@app.command("list")
def list_accounts(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List every account."""
    accounts = finish(_list(read_settings(data_dir, config)))
    if as_json:
        print_json({"accounts": [_view(account) for account in accounts]})
    else:
        rows = [
            (
                account.id,
                account.email,
                account.status,
                "yes" if account.is_operator else "no",
                day_and_time(account.created_at_ms),
            )
            for account in accounts
        ]
        print_table(("id", "email", "status", "operator", "created"), rows, "There is no account.")


@app.command()
def disable(email: Email, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Disable an account; its keys stop working within a second."""
    _set_active(read_settings(data_dir, config), email, active=False, as_json=as_json)


@app.command()
def enable(email: Email, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Enable a disabled account; its enabled keys work again."""
    _set_active(read_settings(data_dir, config), email, active=True, as_json=as_json)


@app.command()
def operator(
    email: Email,
    *,
    grant: Annotated[bool, typer.Option("--grant/--revoke", help="Let its owner run the platform, or no more.")],
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Say whether an account's owner may run the platform; its operator keys follow within a second."""
    from tollway.cli.admin_client import tell_keys_changed

    settings = read_settings(data_dir, config)
    account = finish(_change_operator(settings, email, is_operator=grant))
    tell_keys_changed(settings.data_path)
    if as_json:
        print_json(_view(account))
    else:
        print(f"The account {account.email} is {'an operator' if account.is_operator else 'no operator'}.")


def _set_active(settings: Settings, email: str, *, active: bool, as_json: bool) -> None:
    from tollway.cli.admin_client import tell_keys_changed

    account = finish(_change(settings, email, active=active))
    tell_keys_changed(settings.data_path)
    if as_json:
        print_json(_view(account))
    else:
        print(f"The account {account.email} is {account.status}.")


async def _create(settings: Settings, email: str, password: str | None, *, is_operator: bool) -> "tuple[Account, str]":
    async with open_database(settings, may_make=True) as database:
        return await _manage(database).create(email, password, is_operator=is_operator)


async def _list(settings: Settings) -> "list[Account]":
    async with open_database(settings) as database:
        return await _manage(database).list_all()


async def _change(settings: Settings, email: str, *, active: bool) -> "Account":
    async with open_database(settings) as database:
        accounts = _manage(database)
        return await (accounts.enable(email) if active else accounts.disable(email))


async def _change_operator(settings: Settings, email: str, *, is_operator: bool) -> "Account":
    async with open_database(settings) as database:
        return await _manage(database).set_operator(email, is_operator=is_operator)


def _manage(database: "Database") -> "ManageAccounts":
    from tollway.accounts.passwords import PasswordHasher
    from tollway.flows.manage_accounts import ManageAccounts
    from tollway.kit.clock import SystemClock

    return ManageAccounts(database, SystemClock(), PasswordHasher(), command_line_actor())


def _view(account: "Account") -> dict[str, object]:
    return {
        "id": account.id,
        "email": account.email,
        "status": account.status,
        "is_operator": account.is_operator,
        "created_at": iso_utc(account.created_at_ms),
    }
