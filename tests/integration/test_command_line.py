"""What scripts and people rely on: outputs, exit codes, and secrets that are shown once and stored nowhere."""

import asyncio
import io
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from tests.support.command_line import Commands
from tests.support.database import migrated_database, rows
from tests.support.ledger import hold_request, inference_record, open_ledger, usage_row
from tollway.credits.pricing import Meters
from tollway.credits.types import Charge, CompanionRow, Exposure, GrantType
from tollway.keys.format import is_key
from tollway.usage.service import inference_row
from tollway.usage.tables import inferences
from tollway.usage.types import AttemptRecord

TOLLWAY = Path(sys.executable).with_name("tollway")
EMAIL = "jane@example.com"


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Commands on a data folder with an account."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data"
    folder.mkdir()
    migrated_database(folder)
    found = Commands(folder)
    found.json("account", "create", EMAIL)
    return found


def test_a_script_sets_up_a_fresh_data_folder(tmp_path: Path) -> None:
    def tollway(*arguments: str) -> dict[str, object]:
        command = [str(TOLLWAY), *arguments, "--data-dir", str(tmp_path / "data"), "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        assert done.stderr == ""
        answer: dict[str, object] = json.loads(done.stdout)
        return answer

    account = tollway("account", "create", EMAIL)
    key = tollway("key", "create", "--account", EMAIL)
    granted = tollway("credit", "grant", EMAIL, "--credits", "200000")
    verified = tollway("ledger", "verify")

    assert (account["id"], account["email"]) == (1, EMAIL)
    assert len(str(account["password"])) == 20
    assert is_key(str(key["key"]))
    assert str(key["key"])[:8] == key["prefix"]
    assert granted == {"balance_credits": 200_000}
    assert verified["ok"] is True
    assert verified["checks"]


@pytest.mark.parametrize("arguments", [["--help"], ["key", "create", "--help"], ["--version"]])
def test_help_comes_without_loading_what_commands_need(arguments: list[str]) -> None:
    heavy = ("sqlalchemy", "litestar", "asyncio", "argon2", "alembic", "structlog", "cryptography")
    program = (
        "import sys; from tollway.cli import run\n"
        "try: run(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"


def test_an_account_may_bring_its_password(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("a password of my own\n"))

    assert (
        commands.json("account", "create", "joe@example.com", "--password-stdin")["password"] == "a password of my own"
    )


def test_accounts_are_listed_disabled_and_enabled(commands: Commands) -> None:
    commands.json("account", "create", "joe@example.com")

    assert commands.json("account", "disable", "JOE@example.com")["status"] == "disabled"
    listed = commands.json("account", "list")["accounts"]
    assert [(account["email"], account["status"]) for account in listed] == [
        (EMAIL, "active"),
        ("joe@example.com", "disabled"),
    ]
    assert commands.json("account", "enable", "joe@example.com")["status"] == "active"
    assert set(listed[0]) == {"id", "email", "status", "is_operator", "created_at"}


def test_an_operator_is_made_demoted_and_promoted(commands: Commands) -> None:
    made = commands.json("account", "create", "op@example.com", "--operator")
    first = commands.json("key", "create", "--account", "op@example.com", "--kind", "operator")
    demoted = commands.json("account", "operator", "OP@example.com", "--revoke")
    refused = commands.run("key", "create", "--account", "op@example.com", "--kind", "operator")
    promoted = commands.json("account", "operator", EMAIL, "--grant")
    second = commands.json("key", "create", "--account", EMAIL, "--kind", "operator")

    assert made["is_operator"] is True
    assert (first["prefix"][:3], second["prefix"][:3]) == ("two", "two")
    assert (demoted["is_operator"], refused.code) == (False, 1)
    assert promoted["is_operator"] is True
    listed = commands.json("account", "list")["accounts"]
    assert {account["email"]: account["is_operator"] for account in listed} == {EMAIL: True, "op@example.com": False}
    assert commands.run("account", "operator", EMAIL, "--revoke").output == f"The account {EMAIL} is no operator.\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["account", "operator", "nobody@example.com", "--grant"], 1, "nobody@example.com"),
        (["account", "operator", EMAIL], 2, "--grant"),
    ],
)
def test_a_wrong_order_about_operators_says_what_is_wrong(
    commands: Commands, arguments: list[str], code: int, words: str
) -> None:
    ended = commands.run(*arguments)

    assert ended.code == code
    assert words in ended.errors
    assert commands.json("account", "list")["accounts"][0]["is_operator"] is False


def test_a_key_has_what_was_asked_for(commands: Commands) -> None:
    made = commands.json(
        *("key", "create", "--account", EMAIL, "--name", "laptop", "--limit-usd", "2.50", "--period", "day"),
        *("--scope", "model:chat", "--scope", "model:ocr", "--requests-per-minute", "9", "--concurrent", "2"),
    )

    assert (made["name"], made["kind"], made["disabled"]) == ("laptop", "api", False)
    assert (made["limit_credits"], made["limit_period"]) == (5_000_000, "day")
    assert made["scopes"] == ["model:chat", "model:ocr"]
    assert (made["requests_per_minute"], made["concurrent_requests"]) == (9, 2)


def test_a_management_key_says_so(commands: Commands) -> None:
    made = commands.json("key", "create", "--account", EMAIL, "--management")

    assert made["kind"] == "management"
    assert made["key"].startswith("twm")


def test_a_key_is_changed_by_what_is_named(commands: Commands) -> None:
    prefix = commands.json("key", "create", "--account", EMAIL, "--name", "laptop", "--scope", "model:ocr")["prefix"]

    def update(*options: str) -> dict[str, object]:
        changed = commands.json("key", "update", prefix, *options)
        return {name: changed[name] for name in ("name", "scopes", "limit_credits", "limit_period", "disabled")}

    laptop = {"name": "laptop", "scopes": ["model:ocr"], "disabled": False}
    limited = {"limit_credits": 200_000, "limit_period": "no_reset"}
    assert update("--limit-usd", "0.1") == {**laptop, **limited}
    assert update("--period", "week") == {**laptop, **limited, "limit_period": "week"}
    assert update("--limit-usd", "2", "--period", "day", "--name", "") == {
        **laptop, "name": "", "limit_credits": 4_000_000, "limit_period": "day"
    }  # fmt: skip
    assert update("--no-limit", "--scope", "model:chat", "--scope", "model:image") == {
        "name": "", "scopes": ["model:chat", "model:image"], "limit_credits": None, "limit_period": "no_reset",
        "disabled": False,
    }  # fmt: skip
    assert update("--all-scopes")["scopes"] is None
    assert commands.run("key", "update", prefix, "--name", "desk").output == f"The key {prefix} is updated.\n"


def test_changes_of_keys_are_in_the_name_of_the_user(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "jane")
    prefix = commands.json("key", "create", "--account", EMAIL)["prefix"]
    commands.json("key", "update", prefix, "--name", "desk")
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(variable, raising=False)
    # Containers run under numbers without a name.
    monkeypatch.setattr(pwd, "getpwuid", {}.__getitem__)
    commands.json("key", "disable", prefix)

    trail = "SELECT actor_kind, actor, action FROM audit_entries WHERE action LIKE 'key.%' ORDER BY id"
    found = rows(commands.folder / "tollway.db", trail)
    assert found == [
        ("command_line", "jane", "key.create"),
        ("command_line", "jane", "key.update"),
        ("command_line", str(os.getuid()), "key.update"),
    ]


def test_an_account_has_as_many_keys_as_the_settings_allow(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLWAY_LIMITS__KEYS_PER_ACCOUNT", "1")
    commands.json("key", "create", "--account", EMAIL)

    refused = commands.run("key", "create", "--account", EMAIL)

    assert refused.code == 1
    assert "(1); delete one first" in refused.errors


def test_keys_are_listed_without_themselves_and_ended_by_prefix(commands: Commands) -> None:
    commands.json("account", "create", "joe@example.com")
    key = commands.json("key", "create", "--account", EMAIL)["key"]
    other = commands.json("key", "create", "--account", "joe@example.com")["prefix"]

    assert commands.json("key", "disable", key[:8])["disabled"] is True
    listed = commands.run("key", "list", "--json")
    assert [(entry["prefix"], entry["disabled"]) for entry in listed.answer["keys"]] == [
        (key[:8], True),
        (other, False),
    ]
    assert key[8:] not in listed.output
    assert commands.json("key", "enable", key[:8])["disabled"] is False
    assert commands.json("key", "delete", key[:8])["deleted"] is True
    assert [entry["prefix"] for entry in commands.json("key", "list")["keys"]] == [other]
    assert commands.json("key", "list", "--account", EMAIL) == {"keys": []}


def test_grants_are_counted_once_by_reference(commands: Commands) -> None:
    grant = ("credit", "grant", EMAIL, "--credits", "500", "--type", "PAYMENT", "--reference", "invoice-1")

    assert commands.json(*grant) == {"balance_credits": 500}
    assert commands.json(*grant) == {"balance_credits": 500}
    assert commands.json("credit", "grant", EMAIL, "--credits", "-200", "--type", "ADJUSTMENT") == {
        "balance_credits": 300
    }


def test_the_ledger_is_shown_as_a_whole_and_by_account(commands: Commands) -> None:
    commands.json("credit", "grant", EMAIL, "--credits", "500", "--reference", "gift")
    commands.json("credit", "grant", EMAIL, "--credits", "-200", "--type", "ADJUSTMENT", "--reference", "mistake")

    books = commands.json("ledger", "show")
    everyone = books["accounts"]
    one = commands.json("ledger", "show", EMAIL)

    assert everyone == [{"account_id": 1, "email": EMAIL, "posted_credits": 300, "held_credits": 0}]
    assert books["totals"] == {
        "charged_credits": 0,
        "absorbed_credits": 0,
        "absorbed_from": None,
        "exposure_credits": 0,
    }
    assert one["account"] == everyone[0]
    moved = [(movement["type"], movement["amount_credits"], movement["reference_id"]) for movement in one["movements"]]
    assert moved == [("ADJUSTMENT", -200, "mistake"), ("BONUS", 500, "gift")]


async def _answer_three_calls(database: Path) -> None:
    """One that used more than its hold, one whose upstream broke off, and one that is still under way."""
    async with open_ledger(database) as ledger:
        await ledger.grant(1, 1_000, GrantType.BONUS, None)
        charged = await ledger.hold(hold_request(output_tokens=60, hold_id="charged"))
        record = msgspec.structs.replace(
            inference_record("charged", held=60, charged=60),
            absorbed_credits=5,
            estimated=True,
            attempts=(AttemptRecord(upstream="scripted", outcome="answered", status=200, duration_ms=1_234),),
        )
        await ledger.settle(charged, Charge(60, 5), (CompanionRow(inferences, inference_row(record)),))
        broken = await ledger.hold(hold_request(output_tokens=40, hold_id="broken"))
        exposure = Exposure(reason="upstream_failed", received=Meters(3, 0, 4, 0), amount_credits=7)
        await ledger.void(broken, exposure, usage_row(broken, failed=True))
        await ledger.hold(hold_request(output_tokens=30, hold_id="running"))


def test_the_operator_sees_what_calls_cost_and_whom(commands: Commands) -> None:
    commands.json("key", "create", "--account", EMAIL)
    asyncio.run(_answer_three_calls(commands.folder / "tollway.db"))

    totals = commands.json("ledger", "show")["totals"]
    charged = commands.json("ledger", "show", "--inference", "charged")
    broken = commands.json("ledger", "show", "--inference", "broken")
    running = commands.run("ledger", "show", "--inference", "running", "--json")
    people = commands.run("ledger", "show", "--inference", "broken")

    assert (totals["charged_credits"], totals["absorbed_credits"], totals["exposure_credits"]) == (60, 5, 7)
    assert (charged["hold_credits"], charged["charged_credits"], charged["absorbed_credits"]) == (60, 60, 5)
    assert (charged["output_tokens"], charged["rate_card_version"], charged["estimated"]) == (60, 1, True)
    assert [attempt["outcome"] for attempt in charged["attempts"]] == ["answered"]
    assert charged["exposure"] is None
    assert (broken["charged_credits"], broken["exposure"]["amount_credits"]) == (0, 7)
    assert (broken["exposure"]["reason"], broken["exposure"]["output_tokens"]) == ("upstream_failed", 4)
    assert (running.code, "still being answered" in running.errors) == (1, True)
    assert "7 ($0.0000035): upstream_failed" in people.output
    held = commands.json("ledger", "show", EMAIL)["open_holds"]
    assert [(hold["inference_id"], hold["amount_credits"]) for hold in held] == [("running", 30)]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["account", "create", EMAIL], 1, "already"),
        (["account", "create", "nobody"], 1, "email"),
        (["account", "disable", "joe@example.com"], 1, "no account joe@example.com"),
        (["key", "create", "--account", "joe@example.com"], 1, "no account"),
        (["key", "disable", "twkaaaaa"], 1, "twkaaaaa"),
        (["key", "create", "--account", EMAIL, "--kind", "operator"], 1, "operator"),
        (["key", "create", "--account", EMAIL, "--kind", "api", "--management"], 2, "--kind"),
        (["key", "create", "--account", EMAIL, "--limit-usd", "100000001"], 2, "0 to 100000000"),
        (["key", "update", "twkaaaaa", "--name", "x"], 1, "twkaaaaa"),
        (["key", "update", "twkaaaaa"], 2, "--name"),
        (["key", "update", "twkaaaaa", "--no-limit", "--limit-usd", "1"], 2, "--no-limit"),
        (["key", "update", "twkaaaaa", "--no-limit", "--period", "day"], 2, "--no-limit"),
        (["key", "update", "twkaaaaa", "--all-scopes", "--scope", "model:chat"], 2, "--all-scopes"),
        (["key", "update", "twkaaaaa", "--limit-usd", "0.00000001"], 2, "whole number of credits"),
        (["credit", "grant", EMAIL, "--credits", "0"], 1, "credits"),
        (["credit", "grant", EMAIL, "--credits", "-5"], 1, "ADJUSTMENT"),
        (["credit", "grant", EMAIL, "--credits", "-5", "--type", "ADJUSTMENT"], 1, "credits"),
        (["credit", "grant", "joe@example.com", "--credits", "5"], 1, "no account"),
        (["ledger", "show", "joe@example.com"], 1, "no account"),
        (["ledger", "show", "--inference", "abc"], 1, "no inference abc"),
        (["ledger", "show", EMAIL, "--inference", "abc"], 2, "not both"),
        (["key", "create"], 2, "--account"),
        (["key", "create", "--account", EMAIL, "--scope", "model:everything"], 2, "--scope"),
        (["key", "create", "--account", EMAIL, "--limit-usd", "much"], 2, "--limit-usd"),
        (["key", "create", "--account", EMAIL, "--limit-usd", "NaN"], 2, "--limit-usd"),
        (["key", "create", "--account", EMAIL, "--limit-usd", "0.0000001"], 2, "--limit-usd"),
        (["key", "create", "--account", EMAIL, "--period", "day"], 2, "--period"),
        (["credit", "grant", EMAIL, "--credits", "many"], 2, "--credits"),
        (["credit", "grant", EMAIL, "--credits", "5", "--type", "LOAN"], 2, "--type"),
        (["account", "list", "--config", "missing.toml"], 2, "missing.toml"),
        (["account", "listen"], 2, "listen"),
    ],
)
def test_failures_are_one_line_with_their_exit_code(
    commands: Commands, arguments: list[str], code: int, words: str
) -> None:
    ended = commands.run(*arguments, "--json")

    assert (ended.code, ended.output) == (code, "")
    assert len(ended.errors.splitlines()) == 1
    assert words in ended.errors


def test_people_are_shown_tables_and_secrets_in_one_piece(commands: Commands) -> None:
    made = commands.run("key", "create", "--account", EMAIL, "--limit-usd", "1.5", "--period", "week")
    listed = commands.run("key", "list")
    failed = commands.run("key", "disable", "twkaaaaa")
    misused = commands.run("key", "create")

    key = next(word for word in made.output.split() if is_key(word))
    assert key[:8] in listed.output
    assert "$1.5 a week" in listed.output
    assert key[8:] not in listed.output
    assert (failed.code, failed.output) == (1, "")
    assert misused.code == 2
    assert "Usage: tollway key create" in misused.errors


@pytest.mark.parametrize("command", [("account", "list"), ("key", "list"), ("ledger", "verify"), ("ledger", "show")])
def test_a_mistyped_folder_is_not_taken_for_one_whose_books_balance(command: tuple[str, str], tmp_path: Path) -> None:
    refused = Commands(tmp_path / "mistyped").run(*command)

    assert refused.code == 1
    assert "mistyped" in refused.errors
    assert "--data-dir" in refused.errors
    assert not (tmp_path / "mistyped").exists()


def test_a_folder_that_cannot_be_used_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "tollway.db").write_bytes(b"no database at all" * 100)

    assert "data folder" in Commands(tmp_path / "file" / "data").run("account", "create", "a@example.com").errors
    damaged = Commands(broken).run("account", "list")
    assert (damaged.code, len(damaged.errors.splitlines())) == (1, 1)
    assert "doctor" in damaged.errors


def test_the_document_describes_the_server_of_the_settings(commands: Commands, tmp_path: Path) -> None:
    (tmp_path / "tollway.toml").write_text('[server]\npublic_url = "https://llm.example.org"\n')

    document = commands.json("openapi")

    assert document["servers"] == [{"url": "https://llm.example.org"}]
    assert "/v1/chat/completions" in document["paths"]


def test_secrets_are_in_no_file_of_the_data_folder(commands: Commands) -> None:
    password = commands.json("account", "create", "canary@example.com")["password"]
    keys = [commands.json("key", "create", "--account", EMAIL)["key"] for _ in range(3)]
    commands.json("key", "create", "--account", EMAIL, "--management")
    commands.json("key", "disable", keys[0][:8])
    commands.json("credit", "grant", EMAIL, "--credits", "5")

    stored = b"".join(path.read_bytes() for path in commands.folder.rglob("*") if path.is_file())

    assert keys[0][:8].encode() in stored
    for key in keys:
        assert key[8:].encode() not in stored
        assert key[8:40].encode() not in stored
    assert password.encode() not in stored
    assert b"canary@example.com" in stored


def test_the_data_folder_is_its_owners_alone(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"

    Commands(folder).json("account", "create", EMAIL)

    assert folder.stat().st_mode & 0o077 == 0


def test_files_are_their_owners_alone_in_an_open_folder_too(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    command = [str(TOLLWAY), "account", "create", "a@example.com", "--data-dir", str(folder), "--json"]

    subprocess.run(command, capture_output=True, check=True, cwd=tmp_path)

    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if path.stat().st_mode & 0o077] == []
