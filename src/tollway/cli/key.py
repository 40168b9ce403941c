"""``tollway key``: API keys, management keys and operator keys."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer
from msgspec import UNSET

from tollway.cli.actor import command_line_actor
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import day_and_time, print_fields, print_json, print_table
from tollway.cli.workspace import finish, key_digest, open_database
from tollway.keys.errors import WrongKeyFieldError
from tollway.keys.format import is_key, prefix_of
from tollway.keys.spend_limit import limit_credits_from_usd
from tollway.keys.types import KeyKind, KeyRecord, KeyUpdate, LimitPeriodName, LimitUpdate, NewKey, Scope
from tollway.kit.clock import iso_utc
from tollway.kit.money import usd_text
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.flows.manage_keys import ManageKeys

app = typer.Typer(help="Make, list, change, disable, enable and delete keys.", no_args_is_help=True)


def _prefix(given: str) -> str:
    """Take a whole key too: whoever found one somewhere pastes all of it."""
    return prefix_of(given) if is_key(given) else given


Prefix = Annotated[
    str, typer.Argument(metavar="PREFIX", help="The first 8 characters of the key, or all of it.", callback=_prefix)
]
LimitUsd = Annotated[str | None, typer.Option(metavar="USD", help="Most US dollars that it may spend in a period.")]
Period = Annotated[
    LimitPeriodName | None, typer.Option(help="When the spend starts anew, at 00:00 UTC; no_reset is never.")
]
Scopes = Annotated[list[Scope] | None, typer.Option("--scope", help="Endpoints it is confined to; repeat for more.")]
_Result = TypeVar("_Result")


@app.command()
def create(
    *,
    account: Annotated[str, typer.Option(metavar="EMAIL", help="The account that the key belongs to.")],
    kind: Annotated[
        Literal["api", "management", "operator"] | None,
        typer.Option(help="What it may do: run inference, manage the account's keys, or run the platform."),
    ] = None,
    management: Annotated[bool, typer.Option("--management", help="Short for --kind management.")] = False,
    name: Annotated[str, typer.Option(help="What to call it.")] = "",
    limit_usd: LimitUsd = None,
    period: Period = None,
    scope: Scopes = None,
    requests_per_minute: Annotated[int | None, typer.Option(min=1, help="Its own rate limit.")] = None,
    concurrent: Annotated[int | None, typer.Option(min=1, help="Its own limit of calls under way at once.")] = None,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. It is shown once."""
    if period is not None and limit_usd is None:
        raise typer.BadParameter("a period needs --limit-usd", param_hint="--period")
    if management and kind not in {None, "management"}:
        raise typer.BadParameter("--management is another kind", param_hint="--kind")
    new = NewKey(
        kind=KeyKind.MANAGEMENT if management else KeyKind(kind or "api"),
        name=name,
        scopes=frozenset(scope) if scope else None,
        limit_credits=None if limit_usd is None else _limit_credits(limit_usd),
        limit_period=period or "no_reset",
        requests_per_minute=requests_per_minute,
        concurrent_requests=concurrent,
    )
    record, key = _change(read_settings(data_dir, config), lambda keys: keys.create(account, new))
    if as_json:
        print_json({"key": key, **_view(record)})
    else:
        fields = [("key", key), ("prefix", record.prefix), ("kind", record.kind), ("limit", _limit(record))]
        print_fields("Key made. It is not shown again.", fields)


@app.command("list")
def list_keys(
    account: Annotated[str | None, typer.Option(metavar="EMAIL", help="Only keys of this account.")] = None,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """List keys, without the keys themselves."""
    pairs = _run(read_settings(data_dir, config), lambda keys: keys.list_all(account))
    if as_json:
        print_json({"keys": [{**_view(record), "account": owner.email} for record, owner in pairs]})
        return
    rows = [
        (
            record.prefix,
            owner.email,
            record.name,
            record.kind,
            "enabled" if record.enabled else "disabled",
            _limit(record),
            day_and_time(record.last_used_at_ms),
        )
        for record, owner in pairs
    ]
    print_table(("prefix", "account", "name", "kind", "state", "limit", "last used"), rows, "There is no key.")


@app.command()
def update(
    prefix: Prefix,
    *,
    name: Annotated[str | None, typer.Option(help="What to call it.")] = None,
    limit_usd: LimitUsd = None,
    period: Period = None,
    no_limit: Annotated[bool, typer.Option("--no-limit", help="Let it spend without a limit of its own.")] = False,
    scope: Scopes = None,
    all_scopes: Annotated[bool, typer.Option("--all-scopes", help="Let it use every endpoint again.")] = False,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Change a key; what is not named stays, and what is named works within a second."""
    if no_limit and (limit_usd is not None or period is not None):
        raise typer.BadParameter("a limit is named as well", param_hint="--no-limit")
    if all_scopes and scope:
        raise typer.BadParameter("--scope is named as well", param_hint="--all-scopes")
    limit = LimitUpdate(
        limit_credits=UNSET if limit_usd is None else _limit_credits(limit_usd),
        period=UNSET if period is None else period,
    )
    wanted = KeyUpdate(
        name=UNSET if name is None else name,
        scopes=None if all_scopes else frozenset(scope) if scope else UNSET,
        limit=None if no_limit else UNSET if limit == LimitUpdate() else limit,
    )
    if wanted == KeyUpdate():
        raise typer.BadParameter("name what to change, such as --name or --limit-usd", param_hint="options")
    record = _change(read_settings(data_dir, config), lambda keys: keys.update(prefix, wanted))
    _report(record, "updated", as_json=as_json)


@app.command()
def disable(prefix: Prefix, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Disable a key; it stops working within a second."""
    record = _change(read_settings(data_dir, config), lambda keys: keys.update(prefix, KeyUpdate(enabled=False)))
    _report(record, "disabled", as_json=as_json)


@app.command()
def enable(prefix: Prefix, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Enable a disabled key."""
    record = _change(read_settings(data_dir, config), lambda keys: keys.update(prefix, KeyUpdate(enabled=True)))
    _report(record, "enabled", as_json=as_json)


@app.command()
def delete(prefix: Prefix, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Delete a key for good; it stops working within a second."""
    record = _change(read_settings(data_dir, config), lambda keys: keys.delete(prefix))
    _report(record, "deleted", as_json=as_json)


def _run(settings: Settings, use: "Callable[[ManageKeys], Awaitable[_Result]]") -> _Result:
    return finish(_with_keys(settings, use))


def _change(settings: Settings, use: "Callable[[ManageKeys], Awaitable[_Result]]") -> _Result:
    from tollway.cli.admin_client import tell_keys_changed

    result = _run(settings, use)
    tell_keys_changed(settings.data_path)
    return result


async def _with_keys(settings: Settings, use: "Callable[[ManageKeys], Awaitable[_Result]]") -> _Result:
    from tollway.flows.manage_keys import ManageKeys
    from tollway.kit.clock import SystemClock

    async with open_database(settings) as database:
        keys_max = settings.limits.keys_per_account
        actor = command_line_actor()
        return await use(ManageKeys(database, SystemClock(), key_digest(settings), actor, keys_max=keys_max))


def _limit_credits(limit_usd: str) -> int:
    try:
        return limit_credits_from_usd(limit_usd)
    except WrongKeyFieldError as error:
        message = f"expected {error.expected}, received {error.received}"
        raise typer.BadParameter(message, param_hint="--limit-usd") from error


def _limit(record: KeyRecord) -> str:
    if record.limit_credits is None:
        return "none"
    period = "in total" if record.limit_period == "no_reset" else f"a {record.limit_period}"
    return f"${usd_text(record.limit_credits)} {period}"


def _report(record: KeyRecord, done: str, *, as_json: bool) -> None:
    if as_json:
        print_json({**_view(record), "deleted": done == "deleted"})
    else:
        print(f"The key {record.prefix} is {done}.")


def _view(record: KeyRecord) -> dict[str, object]:
    used_at_ms = record.last_used_at_ms
    return {
        "prefix": record.prefix,
        "account_id": record.account_id,
        "kind": record.kind,
        "name": record.name,
        "disabled": not record.enabled,
        "scopes": None if record.scopes is None else sorted(record.scopes),
        "limit_credits": record.limit_credits,
        "limit_period": record.limit_period,
        "requests_per_minute": record.requests_per_minute,
        "concurrent_requests": record.concurrent_requests,
        "created_at": iso_utc(record.created_at_ms),
        "updated_at": iso_utc(record.updated_at_ms),
        "last_used_at": None if used_at_ms is None else iso_utc(used_at_ms),
    }
