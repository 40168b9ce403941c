"""When mail is sent: the server comes from the settings, its password from the environment."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tollway.kit.settings import MailSettings, SettingsError

if TYPE_CHECKING:
    from tollway.mail.smtp import SmtpMailer

PASSWORD_VARIABLE = "TOLLWAY_SMTP_PASSWORD"  # noqa: S105 - The name of the variable, not what it holds.
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def smtp_mailer(settings: MailSettings, environment: Mapping[str, str]) -> "SmtpMailer | None":
    """Return what sends mail; None where no server is set.

    Raises:
        SettingsError: the settings contradict each other, or a password would travel readable.
    """
    if settings.host is None:
        return None
    sender = settings.from_address
    if sender is None:
        raise SettingsError("mail.host is set, and mail.from_address is not; mail needs both")
    name, at, domain = sender.rpartition("@")
    if not (name and at and domain and sender.isascii() and sender.isprintable() and " " not in sender):
        raise SettingsError("mail.from_address: expected an address such as tollway@example.com")
    password = environment.get(PASSWORD_VARIABLE, "")
    if (settings.username is None) != (not password):
        raise SettingsError(f"mail.username and the environment variable {PASSWORD_VARIABLE} belong together")
    if settings.username is not None and settings.security == "none" and settings.host not in _LOOPBACK:
        raise SettingsError("mail.security: a password needs starttls or tls on its way to another machine")
    # The library behind it takes a while to load, and most servers start without mail.
    from tollway.mail.smtp import SmtpMailer, SmtpServer  # noqa: PLC0415

    return SmtpMailer(
        SmtpServer(
            host=settings.host,
            port=settings.port or _PORTS[settings.security],
            security=settings.security,
            from_address=sender,
            username=settings.username,
            password=password,
        )
    )
