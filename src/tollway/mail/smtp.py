"""Mail by SMTP, with the standard library's client beside the event loop."""

import asyncio
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from msgspec import Struct

from tollway.mail.errors import MailFailedError
from tollway.mail.port import Message

TIMEOUT_S = 15.0
"""Seconds for each answer of the server."""
_PERMANENT_MIN = 500


class SmtpServer(Struct, frozen=True, kw_only=True):
    """Where mail is handed over, and as whom.

    Attributes:
        security: ``starttls``, ``tls`` (from the first byte) or ``none``.
        username: None is no authentication.
    """

    host: str
    port: int
    security: str
    from_address: str
    username: str | None = None
    password: str = ""


class SmtpMailer:
    """Hands each message over on a connection of its own: they are few, and servers close idle connections."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._domain = server.from_address.rpartition("@")[2]

    async def send(self, message: Message) -> None:
        """Hand a message over.

        Raises:
            MailFailedError: it was not taken.
        """
        letter = EmailMessage()
        letter["From"] = self._server.from_address
        letter["To"] = message.to
        letter["Subject"] = message.subject
        letter["Date"] = formatdate()
        letter["Message-ID"] = make_msgid(domain=self._domain)
        # So that no absence notice comes back.
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(message.text)
        await asyncio.to_thread(self._hand_over, letter)

    async def check(self) -> None:
        """Connect and authenticate.

        Raises:
            MailFailedError: that fails.
        """
        await asyncio.to_thread(self._hand_over, None)

    def _hand_over(self, letter: EmailMessage | None) -> None:
        try:
            with self._connected() as client:
                if letter is not None:
                    client.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            code = max(code for code, _ in error.recipients.values())
            raise MailFailedError(f"The recipient is refused ({code})", is_final=code >= _PERMANENT_MIN) from error
        except smtplib.SMTPResponseException as error:
            # What the server says may repeat addresses; its code tells enough.
            is_final = error.smtp_code >= _PERMANENT_MIN
            raise MailFailedError(f"The mail server answers {error.smtp_code}", is_final=is_final) from error
        except (smtplib.SMTPException, OSError) as error:
            raise MailFailedError(f"The mail server cannot be used: {error}") from error

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        server = self._server
        if server.security == "tls":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host,
                server.port,
                local_hostname=self._domain,
                timeout=TIMEOUT_S,
                context=ssl.create_default_context(),
            )
        else:
            client = smtplib.SMTP(server.host, server.port, local_hostname=self._domain, timeout=TIMEOUT_S)
        with client:
            if server.security == "starttls":
                client.starttls(context=ssl.create_default_context())
            if server.username is not None:
                client.login(server.username, server.password)
            else:
                client.ehlo_or_helo_if_needed()
            yield client
