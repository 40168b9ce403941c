"""Invitations and links for a new password from the command line, with and without a server and mail."""

import re
from pathlib import Path

import msgspec
import pytest

from tests.support.command_line import Commands
from tests.support.gateway import CommandFailedError, Gateway
from tests.support.mail_server import SENDER, MailServer, link_in, mail_server, token_in
from tests.support.served import plain_client

EMAIL = "jane@example.com"
PASSWORD = "quite another pass phrase"


def mail_settings(mail: MailServer) -> str:
    return f'[mail]\nhost = "127.0.0.1"\nport = {mail.port}\nsecurity = "none"\nfrom_address = "{SENDER}"\n'


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Commands of the user jane on a data folder with an account."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGNAME", "jane")
    found = Commands(tmp_path / "data")
    found.json("account", "create", EMAIL)
    return found


def test_links_are_printed_and_audited(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLWAY_SERVER__PUBLIC_URL", "https://llm.example.org/")
    options = ("--email", "New@Example.com", "--credits", "5", "--days", "1")
    invitation = commands.json("account", "invite", *options)
    open_invitation = commands.json("account", "invite")
    reset = commands.json("account", "reset-link", EMAIL)

    for made, place in ((invitation, "sign-up"), (open_invitation, "sign-up"), (reset, "reset-password")):
        address, _, token = made["url"].partition("#token=")
        assert address == f"https://llm.example.org/app/{place}"
        assert len(token) == 43
        assert made["is_mailed"] is False
    assert (invitation["email"], open_invitation["email"], reset["email"]) == ("new@example.com", None, EMAIL)
    changes = commands.json("audit", "list")["changes"]
    told = [(one["actor"], one["action"], one["subject"]) for one in changes]
    jane = {"kind": "command_line", "name": "jane"}
    assert told[:3] == [
        (jane, "account.reset_link", EMAIL),
        (jane, "account.invite", "anybody"),
        (jane, "account.invite", "new@example.com"),
    ]
    assert changes[2]["details"]["credits"] == 5
    assert token_in(invitation["url"]) not in str(changes)


def test_links_are_shown_whole_however_narrow_the_terminal(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    for command in (("invite",), ("reset-link", EMAIL)):
        ended = commands.run("account", *command)
        assert ended.code == 0
        assert re.search(r"^link +http://127\.0\.0\.1:8080/app/[a-z-]+#token=\S{43}$", ended.output, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments",
    [
        ("reset-link", "nobody@example.com"),
        ("reset-link", "no address"),
        ("invite", "--email", EMAIL),
        ("invite", "--email", "no address"),
        ("invite", "--days", "0"),
        ("invite", "--days", "366"),
        ("invite", "--credits", "-1"),
    ],
)
def test_what_cannot_be_is_refused(commands: Commands, arguments: tuple[str, ...]) -> None:
    assert commands.run("account", *arguments).code != 0


def test_a_disabled_account_gets_no_link(commands: Commands) -> None:
    commands.json("account", "disable", EMAIL)
    ended = commands.run("account", "reset-link", EMAIL)
    assert ended.code != 0
    assert "disabled" in ended.errors


async def test_a_running_server_takes_the_links_and_mails_those_that_are_asked_for(tmp_path: Path) -> None:
    async with mail_server() as mail, Gateway(tmp_path, settings=mail_settings(mail)) as gateway:
        made = await gateway.command("account", "invite", "--email", EMAIL, "--credits", "123")
        assert made["is_mailed"] is True
        (letter,) = mail.to(EMAIL)
        assert link_in(letter) == made["url"]
        assert made["url"].startswith(f"{gateway.url}/app/sign-up#token=")

        async with plain_client(gateway.url) as client:
            given = {"email": EMAIL, "password": "a long enough pass phrase", "invitation": token_in(made["url"])}
            signed_up = await client.post("/console/v1/accounts", json=given)
            assert signed_up.status_code == 201, signed_up.text
            door = (await client.get("/console/v1/door")).json()
            assert door["session"] == signed_up.json()
            assert door["mail"] is True

            reset = await gateway.command("account", "reset-link", EMAIL)
            new = {"token": token_in(reset["url"]), "password": PASSWORD}
            assert (await client.post("/console/v1/password-resets/complete", json=new)).status_code == 204
            assert (await client.get("/console/v1/door")).json()["session"] is None
            asked = await client.post("/console/v1/password-resets", json={"email": EMAIL})
            assert asked.status_code == 202
            again = await client.post("/console/v1/session", json={"email": EMAIL, "password": PASSWORD})
            assert again.status_code == 200
        await gateway.stop()
        # The server has sent what was waiting before it ended.
        subjects = {letter["Subject"] for letter in mail.to(EMAIL)}
        assert subjects == {"Your invitation", "Your password was changed", "Choose a new password"}
        assert PASSWORD not in gateway.log
        assert EMAIL not in gateway.log
        await gateway.assert_books_balance()


async def test_doctor_looks_whether_mail_can_be_sent(tmp_path: Path) -> None:
    async with mail_server() as mail:
        gateway = Gateway(tmp_path, settings=mail_settings(mail))
        found = await mail_finding(gateway)
        assert (found["ok"], found["detail"]) == (True, "127.0.0.1 takes mail")
        assert mail.messages == []
    found = await mail_finding(gateway)
    assert found["ok"] is False
    assert "cannot be used" in str(found["detail"])


async def mail_finding(gateway: Gateway) -> dict[str, object]:
    try:
        report = await gateway.command("doctor")
    except CommandFailedError as failed:
        report = msgspec.json.decode(failed.error[failed.error.index("{") :])
    (found,) = [one for one in report["findings"] if one["name"] == "mail"]
    return dict(found)
