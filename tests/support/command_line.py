"""Commands as a script runs them, in this process: a start of their own costs each a second."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from msgspec import Struct

from tollway.cli import run


class Ended(Struct, frozen=True):
    """How a command ended."""

    code: int
    output: str
    errors: str

    @property
    def answer(self) -> dict[str, Any]:
        """The one JSON object that it printed."""
        lines = self.output.splitlines()
        assert len(lines) == 1, self
        found: dict[str, Any] = json.loads(lines[0])
        return found


class Commands:
    """Runs commands on one data folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str) -> Ended:
        """Run a command as it is written and return how it ended."""
        with redirect_stdout(io.StringIO()) as output, redirect_stderr(io.StringIO()) as errors:
            code = _exit_code([*arguments, "--data-dir", str(self.folder)])
        return Ended(code, output.getvalue(), errors.getvalue())

    def json(self, *arguments: str) -> dict[str, Any]:
        """Run a command that must succeed, and return what it answers."""
        ended = self.run(*arguments, "--json")
        assert ended.code == 0, ended
        assert not ended.errors, ended
        return ended.answer


def _exit_code(arguments: list[str]) -> int:
    """Run the command; some end by themselves, as a program does."""
    try:
        return run(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else -1
