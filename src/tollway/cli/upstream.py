"""``tollway upstream``: who answers, and how they are doing."""

from typing import TYPE_CHECKING

import typer

from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import print_json, print_table
from tollway.http.admin.messages import ListUpstreams, Upstreams
from tollway.kit.settings import Settings, process_environment

if TYPE_CHECKING:
    from tollway.http.operator.upstream_views import UpstreamEntry, UpstreamList

app = typer.Typer(help="See who answers, and how they are doing.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """See who answers, and how they are doing."""


@app.command("list")
def list_upstreams(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List the upstreams: how they are doing by the running server's word, or what is set up where none runs."""
    listed, is_running = _ask(read_settings(data_dir, config))
    if as_json:
        print_json({"running": is_running, "retries_left": listed.retries_left, "upstreams": listed.data})
        return
    rows = [_row(entry) for entry in listed.data]
    columns = (
        "name",
        "kind",
        "address",
        "priority",
        "models",
        "breaker",
        "last minute",
        "last success",
        "last failure",
    )
    print_table(columns, rows, "There is no upstream.")
    if not is_running:
        print("No server runs on this data folder, so nobody knows how they are doing.")


def _ask(settings: Settings) -> "tuple[UpstreamList, bool]":
    from tollway.cli.admin_client import ask_server
    from tollway.http.operator.upstream_views import configured_list, upstream_list
    from tollway.upstreams.registry import configured_upstreams

    answer = ask_server(settings.data_path, ListUpstreams())
    if isinstance(answer, Upstreams):
        return upstream_list(answer.report), True
    return configured_list(configured_upstreams(settings.upstreams, process_environment())), False


def _row(entry: "UpstreamEntry") -> tuple[object, ...]:
    setup = (entry.name, entry.kind, entry.base_url, entry.priority, " ".join(entry.models))
    health = entry.health
    if health is None:
        return (*setup, "", "", "", "")
    failed = health.failures[0] if health.failures else None
    return (
        *setup,
        health.breaker.replace("_", " "),
        f"{health.recent_failures} of {health.recent_calls} failed",
        health.last_success_at or "never",
        "none" if failed is None else f"{failed.at} {failed.code}",
    )
