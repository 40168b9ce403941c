"""``tollway model``: weights of the embedded engine."""

from typing import TYPE_CHECKING, Annotated

import typer

from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import print_fields, print_json, print_table
from tollway.cli.workspace import prepare_folder

if TYPE_CHECKING:
    from tollway.engine.weights import WeightsEntry

app = typer.Typer(help="Fetch, list and choose weights of the embedded engine.", no_args_is_help=True)
Source = Annotated[
    str | None,
    typer.Argument(metavar="[SOURCE]", help="A listed name, a GGUF file, or hub:owner/repository/file.gguf."),
]


@app.command()
def pull(source: Source = None, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Fetch weights into the data folder; without SOURCE, the ones of the stand-in."""
    from tollway.cli.weights import pull as fetch
    from tollway.engine.weights import WeightsStore

    entry = fetch(WeightsStore(prepare_folder(read_settings(data_dir, config))), source)
    _show(entry, "Fetched.", as_json=as_json)


@app.command("list")
def list_models(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """List the weights that are here or can be fetched by name."""
    from tollway.engine.weights import WeightsStore

    entries = WeightsStore(read_settings(data_dir, config).data_path).list()
    if as_json:
        print_json({"models": entries})
        return
    rows = [
        ("*" if entry.active else "", entry.name, _size(entry), "here" if entry.installed else "-", entry.licence)
        for entry in entries
    ]
    print_table(("in use", "name", "size", "fetched", "licence"), rows, "There are no weights.")


@app.command()
def use(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of the list, or a GGUF file.")],
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Choose the weights that the engine starts with; the setting engine.model wins over this."""
    from tollway.engine.weights import WeightsStore

    entry = WeightsStore(prepare_folder(read_settings(data_dir, config))).use(name)
    _show(entry, "In use from the next start.", as_json=as_json)


def _show(entry: "WeightsEntry", title: str, *, as_json: bool) -> None:
    if as_json:
        print_json(entry)
    else:
        print_fields(title, [("name", entry.name), ("file", entry.path), ("size", _size(entry))])


def _size(entry: "WeightsEntry") -> str:
    return f"{entry.size_bytes / 1e6:,.0f} MB"
