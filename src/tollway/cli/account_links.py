"""``tollway account invite`` and ``reset-link``: links that the operator hands on, or has mailed."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated

import typer

from tollway.accounts.types import INVITATION_CREDITS_MAX, INVITATION_DAYS, INVITATION_DAYS_MAX
from tollway.cli.actor import command_line_actor
from tollway.cli.admin_client import ask_server
from tollway.cli.options import AsJson, ConfigFile, DataDir, read_settings
from tollway.cli.output import day_and_time, print_fields, print_json
from tollway.cli.workspace import finish, open_database
from tollway.http.admin.messages import Ping, ServerInfo
from tollway.kit.clock import SystemClock, iso_utc
from tollway.kit.errors import ExpectedError
from tollway.kit.settings import Settings, process_environment

if TYPE_CHECKING:
    from tollway.flows.make_links import MadeLink, MakeLinks


def invite(
    email: Annotated[
        str | None, typer.Option(metavar="EMAIL", help="The only email that may sign up by it; it is mailed there.")
    ] = None,
    *,
    credit_count: Annotated[
        int | None,
        typer.Option(
            "--credits", metavar="N", min=0, max=INVITATION_CREDITS_MAX, help="What it brings in place of the usual."
        ),
    ] = None,
    days: Annotated[
        int, typer.Option(metavar="D", min=1, max=INVITATION_DAYS_MAX, help="How long it lasts.")
    ] = INVITATION_DAYS,
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a link by which one account can be made, and mail it where mail is set up and an email is named."""
    settings = read_settings(data_dir, config)
    actor = command_line_actor()
    link = _make(settings, lambda links: links.invite(actor, email, credit_count=credit_count, days=days))
    _show(link, "Invitation made. The link is not shown again.", is_mailed=_mail(settings, link), as_json=as_json)


def reset_link(
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="The account's email address.")],
    data_dir: DataDir = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a link by which the password of an account can be set, once and within an hour."""
    settings = read_settings(data_dir, config)
    actor = command_line_actor()
    link = _make(settings, lambda links: links.reset_link(actor, email))
    _show(link, "Link made. It is not shown again.", is_mailed=False, as_json=as_json)


def _make(settings: Settings, use: "Callable[[MakeLinks], Awaitable[MadeLink]]") -> "MadeLink":
    return finish(_with_links(settings, use))


async def _with_links(settings: Settings, use: "Callable[[MakeLinks], Awaitable[MadeLink]]") -> "MadeLink":
    from tollway.flows.make_links import MakeLinks

    async with open_database(settings) as database:
        return await use(MakeLinks(database, SystemClock(), _public_url(settings)))


def _public_url(settings: Settings) -> str:
    """Return the address that people use: the one that is set, or that of the server that is running."""
    server = settings.server
    if server.public_url is not None:
        return server.public_url
    try:
        info = ask_server(settings.data_path, Ping())
    except (ExpectedError, OSError):
        info = None
    if isinstance(info, ServerInfo):
        return info.url
    host = f"[{server.host}]" if ":" in server.host else server.host
    return f"{'https' if server.tls_certificate else 'http'}://{host}:{server.port}"


def _mail(settings: Settings, link: "MadeLink") -> bool:
    """Send an invitation to whom it is for, and say whether it was sent; it holds either way."""
    from tollway.flows.mail_texts import invitation_mail
    from tollway.mail.configuration import smtp_mailer
    from tollway.mail.errors import MailFailedError

    mailer = smtp_mailer(settings.mail, process_environment())
    if mailer is None or link.email is None:
        return False
    try:
        finish(mailer.send(invitation_mail(link.email, link.url, link.expires_at_ms)))
    except MailFailedError as error:
        typer.echo(f"The invitation was not mailed: {error.message}", err=True)
        return False
    return True


def _show(link: "MadeLink", title: str, *, is_mailed: bool, as_json: bool) -> None:
    if as_json:
        expires_at = iso_utc(link.expires_at_ms)
        print_json({"url": link.url, "email": link.email, "expires_at": expires_at, "is_mailed": is_mailed})
        return
    fields: list[tuple[str, object]] = [
        ("for", link.email or "whoever has it"),
        ("until", day_and_time(link.expires_at_ms)),
        ("mailed", "yes" if is_mailed else "no"),
        ("link", link.url),
    ]
    print_fields(title, fields)
