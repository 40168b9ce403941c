"""How commands fail by themselves."""

from tollway.kit.errors import ExpectedError


class CommandFailedError(ExpectedError):
    """The command cannot be done; the message says why and, where there is something to do, what."""
