"""Mail by SMTP to a real server, the queue in front of it, and the settings that lead there."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.support.closed_port import closed_port
from tests.support.mail_server import PASSWORD, SENDER, USERNAME, MailServer, mail_server
from tests.support.self_signed import NAME, server_context, write_certificate
from tollway.kit.settings import MailSettings, SettingsError
from tollway.mail.configuration import PASSWORD_VARIABLE, smtp_mailer
from tollway.mail.errors import MailFailedError
from tollway.mail.outbox import WAITING_MAX, Outbox
from tollway.mail.port import Mailer, Message
from tollway.mail.smtp import SmtpMailer

TO = "someone@example.com"
MESSAGE = Message(TO, "A subject with an umlaut: ü", "A line.\n\nhttps://llm.example.org/app#token=abc\n.\nGrüße\n")
SETTINGS = MailSettings(host="127.0.0.1", from_address=SENDER, security="none")


def mailer_for(settings: MailSettings, password: str = "") -> SmtpMailer:
    mailer = smtp_mailer(settings, {PASSWORD_VARIABLE: password})
    assert mailer is not None
    return mailer


async def test_a_message_arrives_as_it_was_written() -> None:
    async with mail_server() as mail:
        await mailer_for(replace(SETTINGS, port=mail.port)).send(MESSAGE)
        (found,) = mail.messages

    assert (found["To"], found["From"], found["Subject"]) == (TO, SENDER, MESSAGE.subject)
    assert found.get_content().replace("\r\n", "\n") == MESSAGE.text
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["Message-ID"].endswith("@example.org>")
    assert found["Date"].datetime is not None


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_mail_and_password_travel_encrypted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, security: str
) -> None:
    certificate = write_certificate(tmp_path / "mail.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = server_context(certificate)
    settings = MailSettings(host=NAME, from_address=SENDER, username=USERNAME, security=security)  # type: ignore[arg-type] # One of the words.
    starttls, tls = (context, None) if security == "starttls" else (None, context)
    async with mail_server(starttls=starttls, tls=tls) as mail:
        mailer = mailer_for(replace(settings, port=mail.port), PASSWORD)
        await mailer.check()
        assert mail.messages == []
        await mailer.send(MESSAGE)
        assert mail.logins == [(USERNAME, PASSWORD)] * 2
        assert len(mail.messages) == 1

        with pytest.raises(MailFailedError, match="535") as failed:
            await mailer_for(replace(settings, port=mail.port), "a wrong one").check()
        assert failed.value.is_final
        assert PASSWORD not in str(failed.value)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_server_that_cannot_prove_its_name_gets_nothing(tmp_path: Path, security: str) -> None:
    context = server_context(write_certificate(tmp_path / "mail.pem"))
    settings = MailSettings(host=NAME, from_address=SENDER, username=USERNAME, security=security)  # type: ignore[arg-type] # One of the words.
    starttls, tls = (context, None) if security == "starttls" else (None, context)
    async with mail_server(starttls=starttls, tls=tls) as mail:
        with pytest.raises(MailFailedError, match="certificate verify failed"):
            await mailer_for(replace(settings, port=mail.port), PASSWORD).send(MESSAGE)
        assert mail.logins == []
        assert mail.messages == []


async def test_a_server_without_starttls_gets_nothing() -> None:
    async with mail_server() as mail:
        with pytest.raises(MailFailedError, match="STARTTLS"):
            await mailer_for(replace(SETTINGS, port=mail.port, security="starttls")).send(MESSAGE)
        assert mail.tried == 0


@pytest.mark.parametrize(("answer", "is_final"), [("451 try later", False), ("550 no such box", True)])
async def test_a_refusal_says_whether_it_is_worth_trying_again(answer: str, is_final: bool) -> None:
    async with mail_server() as mail:
        mail.answers = [answer]
        with pytest.raises(MailFailedError, match=answer[:3]) as failed:
            await mailer_for(replace(SETTINGS, port=mail.port)).send(MESSAGE)
    assert failed.value.is_final is is_final


async def test_a_server_that_is_not_there_is_told_of() -> None:
    with closed_port() as port, pytest.raises(MailFailedError, match="cannot be used") as failed:
        await mailer_for(replace(SETTINGS, port=port)).check()
    assert not failed.value.is_final


@asynccontextmanager
async def running(mailer: Mailer | None, retry_after_s: tuple[float, ...] = (0.0, 0.0)) -> AsyncIterator[Outbox]:
    outbox = Outbox(mailer, retry_after_s=retry_after_s)
    task = asyncio.create_task(outbox.run())
    try:
        yield outbox
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_what_is_not_taken_is_offered_again(caplog: pytest.LogCaptureFixture) -> None:
    async with mail_server() as mail, running(mail.mailer) as outbox:
        mail.answers = ["451 later", "421 later"]
        outbox.post_message(MESSAGE)
        await outbox.drain(60.0)
        assert (mail.tried, len(mail.messages)) == (3, 1)
    assert [record.message for record in caplog.records] == ["a mail was not taken"] * 2
    assert TO not in caplog.text


@pytest.mark.parametrize(("answers", "tries"), [(["451 later"] * 3, 3), (["550 never"], 1)])
async def test_what_is_never_taken_is_given_up_and_the_next_one_goes(
    caplog: pytest.LogCaptureFixture, answers: list[str], tries: int
) -> None:
    async with mail_server() as mail, running(mail.mailer) as outbox:
        mail.answers = list(answers)
        outbox.post_message(MESSAGE)
        await outbox.drain(60.0)
        assert (mail.tried, mail.messages) == (tries, [])
        assert caplog.records[-1].message == "a mail was given up"

        async def broken() -> Message | None:
            raise LookupError("a bug")

        outbox.post(broken)
        outbox.post_message(MESSAGE)
        await outbox.drain(60.0)
        assert len(mail.messages) == 1
    assert "a mail could not be written" in caplog.text


async def test_the_queue_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    outbox = Outbox(MailServer().mailer)
    with caplog.at_level(logging.WARNING):
        for _ in range(WAITING_MAX + 1):
            outbox.post_message(MESSAGE)
        assert [record.message for record in caplog.records] == ["a mail was given up"]
        await outbox.drain(0.01)
    assert caplog.records[-1].message == "mails were given up"


async def test_without_a_mail_server_nothing_waits() -> None:
    async with running(None) as outbox:
        assert not outbox.is_configured
        outbox.post_message(MESSAGE)
        await outbox.drain(60.0)


def test_without_a_host_there_is_no_mail() -> None:
    assert smtp_mailer(MailSettings(), {PASSWORD_VARIABLE: "left over"}) is None


@pytest.mark.parametrize(
    ("change", "password", "words"),
    [
        ({"from_address": None}, "", "mail.from_address"),
        ({"from_address": "no address"}, "", "mail.from_address"),
        ({"from_address": "a@b.org\nBcc: c@d.org"}, "", "mail.from_address"),
        ({"username": "tollway"}, "", PASSWORD_VARIABLE),
        ({}, "a password", PASSWORD_VARIABLE),
        ({"username": "tollway", "host": "mail.example.org"}, "a password", "mail.security"),
    ],
)
def test_half_of_the_settings_is_refused(change: dict[str, str | None], password: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        smtp_mailer(replace(SETTINGS, **change), {PASSWORD_VARIABLE: password})
