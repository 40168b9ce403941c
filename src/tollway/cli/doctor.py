"""``tollway doctor``: what is missing, and how to mend it."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import print_json
from tollway.kit.settings import Settings, SettingsError

if TYPE_CHECKING:
    from tollway.cli.finding import Finding


def doctor(data_dir: DataDir = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Look for what would keep the server from working; exit code 1 when something must be mended."""
    findings = _examine(data_dir, config)
    ok = all(finding.ok for finding in findings)
    if as_json:
        print_json({"ok": ok, "findings": findings})
    else:
        _print(findings)
        print("All is well." if ok else "Something must be mended.")
    raise typer.Exit(0 if ok else 1)


def _examine(data_dir: Path | None, config: Path | None) -> "list[Finding]":
    from tollway.cli.finding import Finding
    from tollway.cli.findings import examine

    try:
        settings = read_settings(data_dir, config)
        finding = Finding("settings", ok=True, detail="every setting is valid")
    except SettingsError as error:
        # The rest is looked at as it would be without settings, except for the folder that was named.
        settings = Settings() if data_dir is None else Settings(data_dir=str(data_dir))
        finding = Finding("settings", ok=False, detail=str(error), fix="Correct the settings file or the environment.")
    return [finding, *examine(settings)]


def _print(findings: "list[Finding]") -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for finding in findings:
        mark = Text("ok  ", "green") if finding.ok and not finding.fix else Text("note", "yellow")
        if not finding.ok:
            mark = Text("bad ", "bold red")
        console.print(mark, Text(f"{finding.name}: {finding.detail}"))
        if finding.fix:
            console.print(Text(f"     {finding.fix}", "dim"))
