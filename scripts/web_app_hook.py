"""The build hook of the package: what is shipped must carry the web app, since users have no Node to build it with."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = Path("src", "tollway", "http", "service", "web_app", "index.html")
IN_PLACE = "editable"


class WebAppHook(BuildHookInterface[Any]):
    """Refuses to make a wheel or a source distribution without the built web app."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the interface's parameter
        """Look for the app before files are collected.

        Raises:
            FileNotFoundError: it was not built.
        """
        if version != IN_PLACE and not Path(self.root, PAGE).is_file():
            raise FileNotFoundError("The web app is not built, and a package must carry it. Run `make web` first.")
