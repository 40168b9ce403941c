"""The command line. Each group of commands has a file; what is slow to import is imported when its command runs."""

import os
import sys

from tollway.kit.errors import ExpectedError
from tollway.kit.settings import SettingsError

USAGE = 2
REFUSED = 1
_OWNER_ONLY = 0o077


def main() -> None:
    """Run the command that the arguments name.

    Exit codes: 0 done, 1 refused or failed, 2 wrong usage or wrong settings.
    """
    # Database, pepper and weights are their owner's alone, also in a data folder that was there before and is open.
    os.umask(_OWNER_ONLY)
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run a command and return its exit code; expected failures are one line on standard error."""
    import typer

    from tollway.cli.commands import app

    as_json = "--json" in arguments
    try:
        # People get a usage error with a frame and a hint, which typer prints and ends with; programs get one line.
        return int(app(arguments, prog_name="tollway", standalone_mode=not as_json) or 0)
    except ExpectedError as error:
        return _fail(error.message, REFUSED)
    except SettingsError as error:
        return _fail(str(error), USAGE)
    except typer.TyperException as error:
        return _fail(error.format_message(), error.exit_code)
    except typer.Abort:
        return _fail("Aborted", REFUSED)


def _fail(message: str, code: int) -> int:
    print("tollway:", " ".join(message.split()), file=sys.stderr)
    return code
