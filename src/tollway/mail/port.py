"""What the product asks of whoever carries its mail."""

from typing import Protocol

from msgspec import Struct


class Message(Struct, frozen=True):
    """A letter of plain text to one person."""

    to: str
    subject: str
    text: str


class Mailer(Protocol):
    """Carries mail."""

    async def send(self, message: Message) -> None:
        """Hand a message over.

        Raises:
            MailFailedError: it was not taken.
        """
        ...

    async def check(self) -> None:
        """Make sure that messages could be handed over, without sending one.

        Raises:
            MailFailedError: they could not.
        """
        ...
