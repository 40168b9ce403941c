"""``tollway audit``: who changed what."""

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import day_and_time, print_json, print_table
from tollway.cli.workspace import finish, open_database
from tollway.kit.clock import iso_utc
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.audit.types import AuditEntry

app = typer.Typer(help="See who changed what.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """See who changed what."""


@app.command("list")
def list_changes(
    *,
    account: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only what concerns this account.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most changes to show.")] = 50,
    before: Annotated[str | None, typer.Option(metavar="ID", help="Only changes before this one.")] = None,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List changes of accounts, keys, credits, coupons, prices and models, newest first."""
    entries = finish(_list(read_settings(data_dir, config), account, limit, before))
    if as_json:
        print_json({"changes": [_view(entry) for entry in entries]})
        return
    rows = [
        (
            day_and_time(entry.at_ms),
            f"{entry.actor} ({entry.actor_kind})",
            entry.action,
            entry.subject,
            msgspec.json.encode(entry.details).decode(),
        )
        for entry in entries
    ]
    print_table(("when", "who", "what", "of", "details"), rows, "Nothing was changed.")


async def _list(settings: Settings, account: str | None, limit: int, before: str | None) -> "list[AuditEntry]":
    from tollway.flows.read_audit import ReadAudit

    async with open_database(settings) as database:
        return await ReadAudit(database).page(at_most=limit, before_id=before, account=account)


def _view(entry: "AuditEntry") -> dict[str, object]:
    return {
        "id": entry.id,
        "at": iso_utc(entry.at_ms),
        "actor": {"kind": entry.actor_kind, "name": entry.actor},
        "action": entry.action,
        "subject": entry.subject,
        "account_id": entry.account_id,
        "details": entry.details,
    }
