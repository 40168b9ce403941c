import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from tollway.kit.logging import set_up_logging
from tollway.kit.settings import LogSettings

KEY = "twkAb3xZ" + "q7" * 19
MANAGEMENT_KEY = "twmZZ9yy" + "K4" * 19
LOG = logging.getLogger("tollway.test")


@pytest.fixture(autouse=True)
def restore_root() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def stream() -> io.StringIO:
    found = io.StringIO()
    set_up_logging(LogSettings(format="json"), found)
    return found


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def log_failure(text: str) -> None:
    """Log an exception that has the text in its message and in its traceback."""
    try:
        int(text)
    except ValueError:
        LOG.exception("it broke", extra={"status": 500})


def test_record_becomes_one_json_line_with_its_fields(stream: io.StringIO) -> None:
    LOG.warning("request %s", "done", extra={"status": 200, "model": "m"})

    (line,) = lines(stream)
    assert line["event"] == "request done"
    assert (line["level"], line["logger"], line["status"], line["model"]) == ("warning", "tollway.test", 200, "m")
    assert line["timestamp"].endswith("Z")


def test_level_is_kept(stream: io.StringIO) -> None:
    LOG.debug("nothing")

    assert stream.getvalue() == ""


@pytest.mark.parametrize("secret", [KEY, MANAGEMENT_KEY])
def test_canary_keys_never_reach_the_log(stream: io.StringIO, secret: str) -> None:
    LOG.info("key %s used", secret)
    LOG.info("header", extra={"header": f"Bearer {secret}"})
    LOG.info("nested", extra={"request": {"headers": [("authorization", f"Bearer {secret}")], "text": secret}})
    LOG.info("bytes", extra={"raw": f"authorization: bearer {secret}".encode()})
    LOG.info("object", extra={"thing": ValueError(secret)})
    log_failure(secret)

    assert len(lines(stream)) == 6
    assert secret not in stream.getvalue()
    assert secret[8:] not in stream.getvalue()


def test_public_prefix_of_a_key_stays_readable(stream: io.StringIO) -> None:
    LOG.info("key %s", KEY)
    LOG.info("row", extra={"key_prefix": KEY[:8]})

    assert [KEY[:8] in line for line in stream.getvalue().splitlines()] == [True, True]


@pytest.mark.parametrize(
    ("extra", "canary"),
    [
        ({"password": "correct horse"}, "correct horse"),
        ({"settings": {"db": {"admin_password": "correct horse"}}}, "correct horse"),
        ({"authorization": {"scheme": "x", "value": "s3cr3tvalue"}}, "s3cr3tvalue"),
        ({"session_token": "s3cr3tvalue"}, "s3cr3tvalue"),
        ({"cookies": ["s3cr3tvalue"]}, "s3cr3tvalue"),
        ({"note": "Authorization: Bearer bce-v3/ALTAK-abcdefgh/12345678"}, "12345678"),
        ({"note": "Invalid API Key provided: sk_live_abcdefgh12345678"}, "12345678"),
        ({"note": "signed with whsec_abcdefgh12345678"}, "12345678"),
        ({"note": "Basic dXNlcjpwYXNz"}, "dXNlcjpwYXNz"),
        ({"note": "sk-abcdefghijklmnop"}, "abcdefghijklmnop"),
        ({"url": "postgresql://tollway:hunter22@db/tollway"}, "hunter22"),
    ],
)
def test_other_secrets_are_taken_out(stream: io.StringIO, extra: dict[str, Any], canary: str) -> None:
    LOG.info("something", extra=extra)

    assert canary not in stream.getvalue()
    assert "[redacted]" in stream.getvalue()


def test_counts_of_tokens_are_no_secrets(stream: io.StringIO) -> None:
    LOG.info("done", extra={"prompt_tokens": 13, "max_tokens": 20})

    (line,) = lines(stream)
    assert (line["prompt_tokens"], line["max_tokens"]) == (13, 20)


def test_console_form_is_readable_and_redacted_too() -> None:
    stream = io.StringIO()
    set_up_logging(LogSettings(format="console"), stream)

    log_failure(KEY)

    text = stream.getvalue()
    assert "it broke" in text
    assert "status=500" in text
    assert "ValueError" in text
    assert KEY not in text
