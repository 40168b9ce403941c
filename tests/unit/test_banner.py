"""What `tollway up` tells: a first call that can be pasted, and secrets only at the first start."""

import json
import shlex

import pytest

from tollway.app import StartReport
from tollway.cli.banner import curl_line, print_banner, print_start
from tollway.flows.first_run import FirstAccount
from tollway.keys.format import new_key
from tollway.keys.types import KeyKind

KEY = new_key(KeyKind.API)
FIRST = FirstAccount("owner@example.com", "the-first-password", KEY, 20_000_000)


def report(first: FirstAccount | None, served_by: str | None = "embedded; stand-in=smollm2") -> StartReport:
    return StartReport(
        url="http://127.0.0.1:8080",
        public_url="https://llm.example.org",
        first_account=first,
        flagship_served_by=served_by,
        warnings=("the clock is wrong",),
    )


def test_the_curl_line_is_one_shell_command_with_a_json_body() -> None:
    words = shlex.split(curl_line("http://127.0.0.1:8080", KEY).replace("\\\n", " "))

    assert words[:2] == ["curl", "http://127.0.0.1:8080/v1/chat/completions"]
    assert f"Authorization: Bearer {KEY}" in words
    body = json.loads(words[words.index("-d") + 1])
    assert body["model"] == "baidu/ernie-x1-turbo-32k"
    assert body["messages"][0]["role"] == "user"


def test_the_first_start_shows_everything_needed(capsys: pytest.CaptureFixture[str]) -> None:
    print_banner(report(FIRST))

    shown = capsys.readouterr().out
    for word in ("https://llm.example.org/app", "owner@example.com", "the-first-password", KEY, "the clock is wrong"):
        assert word in shown
    assert "20,000,000 ($10)" in shown
    assert curl_line("https://llm.example.org", KEY) in shown


def test_later_starts_show_no_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    print_banner(report(None))

    shown = capsys.readouterr().out
    assert "password" not in shown
    assert "Bearer YOUR_KEY" in shown


@pytest.mark.parametrize(
    ("served_by", "words"),
    [
        ("embedded; stand-in=smollm2", "a small stand-in that reasons badly"),
        ("qianfan", "answered by qianfan\n"),
        (None, "answered by nobody yet"),
    ],
)
def test_who_answers_is_said_plainly(capsys: pytest.CaptureFixture[str], served_by: str | None, words: str) -> None:
    print_banner(report(None, served_by))

    assert words in capsys.readouterr().out


def test_a_script_reads_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    print_start(report(FIRST))

    line = capsys.readouterr().out
    assert line.count("\n") == 1
    assert json.loads(line)["first_account"]["key"] == KEY
