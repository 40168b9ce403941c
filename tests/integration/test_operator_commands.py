"""Coupons, grants, accounts and the audit trail from the command line, with and without a running server."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Commands
from tests.support.database import migrated_database, rows
from tests.support.gateway import CommandFailedError, Gateway
from tests.support.ledger import faults
from tests.support.served import plain_client

EMAIL = "jane@example.com"


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Commands of the user jane on a data folder with an account."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LOGNAME", "jane")
    folder = tmp_path / "data"
    folder.mkdir()
    migrated_database(folder)
    found = Commands(folder)
    found.json("account", "create", EMAIL)
    return found


def changes(commands: Commands, *options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = commands.json("audit", "list", *options)["changes"]
    return found


def test_coupons_are_made_listed_disabled_and_enabled(commands: Commands) -> None:
    made = commands.json(
        *("coupon", "create", "spring-26", "--usd", "1.5", "--uses", "3", "--note", "fair"),
        *("--valid-from", "2026-01-01", "--valid-until", "2027-01-01T12:00+02:00", "--credits-last-days", "30"),
    )
    random = commands.json("coupon", "create", "--credits", "500", "--unlimited")
    single = commands.json("coupon", "create", "--credits", "1")
    disabled = commands.json("coupon", "disable", "Spring-26")
    enabled = commands.json("coupon", "enable", "SPRING-26")

    assert {name: value for name, value in made.items() if name != "created_at"} == {
        "code": "SPRING-26",
        "credits": 3_000_000,
        "uses": 0,
        "uses_max": 3,
        "valid_from": "2026-01-01T00:00:00.000Z",
        "valid_until": "2027-01-01T10:00:00.000Z",
        "credits_last_days": 30,
        "enabled": True,
        "note": "fair",
    }
    assert (random["uses_max"], len(random["code"]), single["uses_max"]) == (None, 19, 1)
    assert (disabled["enabled"], enabled["enabled"]) == (False, True)
    listed = commands.json("coupon", "list")["coupons"]
    assert {coupon["code"] for coupon in listed} == {"SPRING-26", random["code"], single["code"]}
    assert len(commands.json("coupon", "list", "--limit", "1")["coupons"]) == 1
    assert [change["action"] for change in changes(commands)][:2] == ["coupon.update", "coupon.update"]


def test_people_read_tables(commands: Commands) -> None:
    assert commands.run("coupon", "list").output == "There is no coupon.\n"
    made = commands.run("coupon", "create", "ABCD", "--credits", "500").output
    listed = commands.run("coupon", "list").output
    switched = commands.run("coupon", "disable", "abcd").output
    trail = commands.run("audit", "list").output

    assert "ABCD" in made
    assert "0 of 1" in listed
    assert switched == "The coupon ABCD is disabled.\n"
    assert "coupon.create" in trail


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["create"], 2, "--credits"),
        (["create", "--credits", "1", "--usd", "1"], 2, "--usd"),
        (["create", "--usd", "many"], 2, "many"),
        (["create", "--usd", "0.00000001"], 2, "whole number of credits"),
        (["create", "--usd", "1e999999999"], 2, "at most"),
        (["create", "--usd", "nan"], 2, "nan"),
        (["create", "--credits", "0"], 1, "credits: expected 1 to"),
        (["create", "a b", "--credits", "1"], 1, "code: expected 4 to 64"),
        (["create", "--credits", "1", "--uses", "2", "--unlimited"], 2, "--uses"),
        (["create", "--credits", "1", "--valid-until", "soon"], 2, "soon"),
        (["create", "--credits", "1", "--valid-until", "9999-12-31T23:59:59-10:00"], 2, "9999"),
        (["create", "--credits", "1", "--valid-until", "2020-01-01"], 1, "valid_until: expected a moment later"),
        (["disable", "NOBODY-S"], 1, "NOBODY-S"),
    ],
)
def test_a_wrong_order_says_what_is_wrong(commands: Commands, arguments: list[str], code: int, words: str) -> None:
    ended = commands.run("coupon", *arguments, "--json")

    assert (ended.code, ended.output) == (code, "")
    assert words in ended.errors
    assert commands.json("coupon", "list")["coupons"] == []


def test_a_code_that_is_taken_is_refused(commands: Commands) -> None:
    commands.json("coupon", "create", "ABCD", "--credits", "500")

    ended = commands.run("coupon", "create", "abcd", "--credits", "1")
    assert (ended.code, ended.errors) == (1, "tollway: There is already a coupon ABCD\n")


def test_a_grant_has_a_kind_a_name_an_end_and_a_trail(commands: Commands) -> None:
    order = (
        *("credit", "grant", EMAIL, "--credits", "7", "--type", "INIT"),
        *("--reference", "opening", "--expires-in-days", "3"),
    )
    first, again = commands.json(*order), commands.json(*order)
    other = commands.run(*order[:-1], "4")

    assert first == again == {"balance_credits": 7}
    assert other.code == 1
    assert "opening" in other.errors
    granted = [change for change in changes(commands, "--account", EMAIL) if change["action"] == "credits.grant"]
    assert [change["actor"] for change in granted] == [{"kind": "command_line", "name": "jane"}]
    assert granted[0]["details"]["expires_at"] is not None
    expiring = rows(commands.folder / "tollway.db", "SELECT expires_at_ms - granted_at_ms FROM expiring_credits")
    assert expiring == [(3 * 86_400_000,)]


def test_what_cannot_be_taken_is_refused_in_plain_words(commands: Commands) -> None:
    ended = commands.run("credit", "grant", EMAIL, "--credits", "-9", "--type", "ADJUSTMENT")

    assert (ended.code, ended.output) == (1, "")
    assert "fewer than 9 credits" in ended.errors


def test_changes_of_accounts_are_in_the_name_of_the_user(commands: Commands) -> None:
    commands.json("account", "operator", EMAIL, "--grant")
    # The machine's owner is locked out by nothing, and may take away the last operator.
    commands.json("account", "operator", EMAIL, "--revoke")
    commands.json("account", "disable", EMAIL)
    commands.json("account", "disable", EMAIL)

    trail = changes(commands)
    assert {(change["actor"]["kind"], change["actor"]["name"]) for change in trail} == {("command_line", "jane")}
    assert [(change["action"], change["subject"], change["details"]) for change in reversed(trail)] == [
        ("account.create", EMAIL, {"after": {"status": "active", "is_operator": False}}),
        ("account.update", EMAIL, {"before": {"is_operator": False}, "after": {"is_operator": True}}),
        ("account.update", EMAIL, {"before": {"is_operator": True}, "after": {"is_operator": False}}),
        ("account.update", EMAIL, {"before": {"status": "active"}, "after": {"status": "disabled"}}),
    ]


def test_the_trail_goes_on_before_an_entry_and_names_unknown_accounts(commands: Commands) -> None:
    for code in ("ABCD", "EFGH"):
        commands.json("coupon", "create", code, "--credits", "1")
    newest, *older = changes(commands)

    assert changes(commands, "--limit", "1") == [newest]
    assert changes(commands, "--before", newest["id"]) == older
    ended = commands.run("audit", "list", "--account", "joe@example.com")
    assert (ended.code, ended.errors) == (1, "tollway: There is no account joe@example.com\n")


async def test_commands_work_beside_a_running_server_and_hold_at_once(tmp_path: Path) -> None:
    async with Gateway(tmp_path) as gateway:
        email = gateway.first["email"]
        management = (await gateway.command("key", "create", "--account", email, "--management"))["key"]
        operator_key = (await gateway.command("key", "create", "--account", email, "--kind", "operator"))["key"]
        await gateway.command("coupon", "create", "SPRING-26", "--credits", "500")
        granted = await gateway.command(
            "credit", "grant", email, "--credits", "7", "--type", "INIT", "--reference", "a"
        )
        with pytest.raises(CommandFailedError, match="fewer than"):
            await gateway.command("credit", "grant", email, "--credits", f"-{10**12}", "--type", "ADJUSTMENT")
        async with plain_client(gateway.url) as client:
            headers = {"authorization": f"Bearer {management}"}
            done = await client.post("/v2/billing/coupons", json={"code": "spring-26"}, headers=headers)
            await gateway.command("coupon", "create", "SPRING-27", "--credits", "500")
            await gateway.command("coupon", "disable", "SPRING-27")
            refused = await client.post("/v2/billing/coupons", json={"code": "SPRING-27"}, headers=headers)
            operator = {"authorization": f"Bearer {operator_key}"}
            made = await client.post("/admin/v1/coupons", json={"code": "HTTP", "credits": 9}, headers=operator)
            redeemed = await client.post("/v2/billing/coupons", json={"code": "http"}, headers=headers)
            trail = (await client.get("/admin/v1/audit?limit=200", headers=operator)).json()["data"]
            books = (await client.get("/admin/v1/books", headers=operator)).json()
        listed = await gateway.command("audit", "list", "--limit", "200")

    welcome = gateway.first["balance_credits"]
    assert granted["balance_credits"] == welcome + 7
    assert (done.status_code, done.json()["balance_credits"]) == (200, welcome + 507)
    assert refused.status_code == 404
    assert (made.status_code, redeemed.status_code) == (201, 200)
    assert (books["ok"], books["totals"]["balance_credits"]) == (True, welcome + 516)
    assert [change["id"] for change in listed["changes"]] == [item["id"] for item in trail]
    actors = {(item["action"], item["actor"]["kind"]) for item in trail}
    assert actors >= {
        ("account.create", "system"),
        ("credits.grant", "system"),
        ("credits.grant", "command_line"),
        ("coupon.create", "command_line"),
        ("coupon.create", "operator_key"),
        ("coupon.redeem", "management_key"),
    }
    welcomed = [item for item in trail if item["action"] == "credits.grant" and item["actor"]["kind"] == "system"]
    assert [item["details"]["credits"] for item in welcomed] == [welcome]
    assert await asyncio.create_task(faults(gateway.data / "tollway.db")) == []
    assert operator_key not in json.dumps(trail)
