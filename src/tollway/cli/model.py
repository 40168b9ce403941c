"""``tollway model``: the models on offer, and weights of the embedded engine."""

from typing import TYPE_CHECKING, Annotated

import typer

from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import print_fields, print_json, print_table
from tollway.cli.workspace import prepare_folder
from tollway.kit.settings import Settings

if TYPE_CHECKING:
    from tollway.engine.weights import WeightsEntry

app = typer.Typer(
    help="Switch models on and off; fetch, list and choose weights of the embedded engine.", no_args_is_help=True
)
Name = Annotated[str, typer.Argument(metavar="MODEL", help="The model's id or an alias.")]
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
    """List the models, whether they are offered or not, and the weights that are here or can be fetched by name."""
    from tollway.cli.offer import offered_models
    from tollway.engine.weights import WeightsStore

    settings = read_settings(data_dir, config)
    models = offered_models(settings)
    entries = WeightsStore(settings.data_path).list()
    if as_json:
        print_json({"models": models, "weights": entries})
        return
    print_table(("model", "state"), [(model.id, model.state) for model in models], "There are no models.")
    rows = [
        ("*" if entry.active else "", entry.name, _size(entry), "here" if entry.installed else "-", entry.licence)
        for entry in entries
    ]
    columns = ("in use", "weights of the embedded engine", "size", "fetched", "licence")
    print_table(columns, rows, "There are no weights.")


@app.command()
def enable(name: Name, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Offer a model again."""
    _switch(read_settings(data_dir, config), name, enabled=True, as_json=as_json)


@app.command()
def disable(name: Name, data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Stop offering a model: it is listed no more, and calls of it are refused. A running server obeys at once."""
    _switch(read_settings(data_dir, config), name, enabled=False, as_json=as_json)


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


def _switch(settings: Settings, name: str, *, enabled: bool, as_json: bool) -> None:
    from tollway.cli.offer import switch_model

    model = switch_model(settings, name, enabled=enabled)
    if as_json:
        print_json(model)
    else:
        print(f"The model {model.id} is {'enabled' if enabled else 'disabled'}.")


def _show(entry: "WeightsEntry", title: str, *, as_json: bool) -> None:
    if as_json:
        print_json(entry)
    else:
        print_fields(title, [("name", entry.name), ("file", entry.path), ("size", _size(entry))])


def _size(entry: "WeightsEntry") -> str:
    return f"{entry.size_bytes / 1e6:,.0f} MB"
