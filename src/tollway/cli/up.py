"""``tollway up``: the server."""

import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tollway.cli.errors import CommandFailedError
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.kit.settings import Settings, process_environment

if TYPE_CHECKING:
    from tollway.app import StartReport


def up(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default=False)] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.", show_default=False)
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open the dashboard.")] = False,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Start the server and keep it running until it is told to stop."""
    from tollway.app import serve
    from tollway.catalog.errors import CatalogError
    from tollway.cli.banner import print_banner, print_start
    from tollway.http.server import PortTakenError

    settings = read_settings(data_dir, config, server__host=host, server__port=port)
    # A browser is opened for somebody who watches, once: at later starts the dashboard is open already.
    may_open = not (no_browser or as_json) and sys.stdout.isatty()

    def announce(report: "StartReport") -> None:
        if as_json:
            print_start(report)
        else:
            print_banner(report)
        if may_open and report.first_account is not None:
            webbrowser.open_new_tab(f"{report.url}/app")

    weights = _weights(settings)
    try:
        serve(settings, process_environment(), weights=weights, announce=announce)
    except (PortTakenError, CatalogError) as error:
        raise CommandFailedError(str(error)) from error


def _weights(settings: Settings) -> Path | None:
    """Return the weights that the embedded engine uses, fetched first where they are missing."""
    if not settings.engine.enabled:
        return None
    from tollway.cli.weights import ensure_weights
    from tollway.cli.workspace import prepare_folder

    prepare_folder(settings)
    return ensure_weights(settings)
