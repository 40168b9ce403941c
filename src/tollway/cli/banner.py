"""What `tollway up` prints when the server answers."""

import sys
from typing import TYPE_CHECKING

from tollway.cli.output import print_json
from tollway.kit.money import usd_text

if TYPE_CHECKING:
    from rich.text import Text

    from tollway.app import StartReport

_MODEL = "baidu/ernie-x1-turbo-32k"
_KEY_PLACE = "YOUR_KEY"
_QUESTION = "Hi! What do you think about mankind?"


def print_start(report: "StartReport") -> None:
    """Print the start as one JSON object; the first account is there at the first start only."""
    print_json(report)
    sys.stdout.flush()


def print_banner(report: "StartReport") -> None:
    """Print where everything is, and a first call that works when it is pasted."""
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    console.print(_banner(report))
    sys.stdout.flush()


def _banner(report: "StartReport") -> "Text":
    from rich.text import Text

    first = report.first_account
    text = Text("\nTollway answers at ").append(f"{report.public_url}\n", "bold")
    fields = [("dashboard", f"{report.public_url}/app")]
    if report.public_url != report.url:
        fields.append(("listens at", report.url))
    if first is not None:
        fields += [
            ("account", first.email),
            ("password", f"{first.password}   (shown once)"),
            ("API key", f"{first.key}   (shown once)"),
            ("credits", f"{first.balance_credits:,} (${usd_text(first.balance_credits)})"),
        ]
    fields.append(("model", f"{_MODEL}, {_served_by(report.flagship_served_by)}"))
    for name, value in fields:
        text.append(f"  {name:<11}", "dim").append(f"{value}\n")
    for warning in report.warnings:
        text.append(f"  {'warning':<11}", "yellow").append(f"{warning}\n")
    text.append("\nThe first call:\n\n" if first else "\nA call, with your key:\n\n")
    return text.append(curl_line(report.public_url, first.key if first else _KEY_PLACE)).append("\n")


def curl_line(url: str, key: str) -> str:
    """Write a call of the flagship model that a shell runs as it stands."""
    # The stand-in may ramble; the first answer should not keep anybody waiting.
    body = f'{{"model": "{_MODEL}", "messages": [{{"role": "user", "content": "{_QUESTION}"}}], "max_tokens": 300}}'
    return (
        f"curl {url}/v1/chat/completions \\\n"
        f"  -H 'Authorization: Bearer {key}' \\\n"
        f"  -H 'Content-Type: application/json' \\\n"
        f"  -d '{body}'"
    )


def _served_by(served_by: str | None) -> str:
    if served_by is None:
        return "answered by nobody yet; `tollway doctor` says what is missing"
    name, _, note = served_by.partition(";")
    if not note:
        return f"answered by {name}"
    return (
        f"answered by {name}, a small stand-in that reasons badly, until a real upstream is configured "
        "(TOLLWAY_QIANFAN_API_KEY)"
    )
