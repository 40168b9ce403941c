"""Who a command acts for in the audit trail."""

import getpass
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tollway.audit.types import Actor


def command_line_actor() -> "Actor":
    """Return the operating system's user as an actor."""
    from tollway.audit.types import Actor, ActorKind

    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that no user has.
        name = str(os.getuid())
    return Actor(ActorKind.COMMAND_LINE, name)
