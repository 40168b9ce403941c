"""A real SMTP server on a loopback port, which keeps what it takes."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tollway.mail.smtp import SmtpMailer, SmtpServer

SENDER = "tollway@example.org"
USERNAME, PASSWORD = "tollway", "the mail server's password"
_LINK = re.compile(r"https?://\S+")


class MailServer:
    """Takes every message, unless it is told to answer something else.

    Attributes:
        port: where it listens.
        answers: what it says to the next messages instead of taking them, one each.
        tried: how many messages it was offered.
        logins: with which names and passwords somebody signed in.
    """

    def __init__(self) -> None:
        self.port = 0
        self.answers: list[str] = []
        self.tried = 0
        self.logins: list[tuple[str, str]] = []
        self._messages: list[EmailMessage] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - The name that the server calls.
        """Keep a message."""
        self.tried += 1
        if self.answers:
            return self.answers.pop(0)
        assert isinstance(envelope.content, bytes)
        found = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(found, EmailMessage)
        assert envelope.rcpt_tos == [found["To"]]
        assert envelope.mail_from == found["From"] == SENDER
        self._messages.append(found)
        return "250 OK"

    def authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        """Let the one user in."""
        assert isinstance(given, LoginPassword)
        self.logins.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=self.logins[-1] == (USERNAME, PASSWORD), handled=False)

    def to(self, email: str) -> list[EmailMessage]:
        """What somebody was written, oldest first."""
        return [message for message in self._messages if message["To"] == email]

    @property
    def messages(self) -> list[EmailMessage]:
        """Everything that was taken."""
        return list(self._messages)

    @property
    def mailer(self) -> SmtpMailer:
        """What hands messages over to this server, without encryption."""
        return SmtpMailer(SmtpServer(host="127.0.0.1", port=self.port, security="none", from_address=SENDER))


def link_in(message: EmailMessage) -> str:
    """The first address in a message."""
    found = _LINK.search(message.get_content())
    assert found is not None, message
    return found[0]


def token_in(url: str) -> str:
    """The token behind the ``#`` of a link."""
    _, mark, token = url.partition("#token=")
    assert mark, url
    return token


@asynccontextmanager
async def mail_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[MailServer]:
    """Run a server."""
    found = MailServer()

    def session() -> SMTP:
        return SMTP(
            found,
            hostname="mail.example.org",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=found.authenticate,
            auth_require_tls=starttls is not None,
            enable_SMTPUTF8=False,
        )

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0, ssl=tls)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        await server.wait_closed()
