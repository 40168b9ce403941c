"""How sending mail fails."""

from tollway.kit.errors import UnavailableError


class MailFailedError(UnavailableError):
    """The mail server did not take a message, or cannot be used; the message says why, without secrets.

    Attributes:
        is_final: whether the server will not take the message later either.
    """

    default_code = "mail_failed"

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final
