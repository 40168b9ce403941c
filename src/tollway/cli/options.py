"""Options that every command takes, and the settings that they lead to."""

from pathlib import Path
from typing import Annotated

import typer

from tollway.kit.settings import Settings, load_settings, process_environment

DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="Folder of database, weights and secrets.", show_default=False)
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Settings file instead of ./tollway.toml.", show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]


def read_settings(data_dir: Path | None, config: Path | None, **overrides: object) -> Settings:
    """Read the settings with what the command line overrides, dots in the names written as two underscores.

    Raises:
        SettingsError: a setting is wrong.
    """
    named = {name.replace("__", "."): value for name, value in overrides.items()}
    if data_dir is not None:
        named["data_dir"] = str(data_dir)
    return load_settings(config=config, environment=process_environment(), overrides=named)
