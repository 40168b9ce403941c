"""Usage computed from the rows of the log without the product, in the form in which its endpoints tell it."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tollway.kit.money import CREDITS_PER_USD

Row = Mapping[str, Any]


def credits_of(usd: float) -> int:
    """The whole credits that an amount in USD stands for."""
    amount = round(usd * CREDITS_PER_USD)
    assert usd == pytest.approx(amount / CREDITS_PER_USD, abs=1e-12)
    return amount


def moment(moment_ms: int) -> str:
    """A moment as endpoints write it."""
    return datetime.fromtimestamp(moment_ms / 1000, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def group_of(rows: Iterable[Row]) -> dict[str, Any]:
    """What a group of these rows of the log must say."""
    rows = list(rows)
    input_tokens = sum(row["input_tokens"] + row["cached_input_tokens"] for row in rows)
    output_tokens = sum(row["output_tokens"] + row["reasoning_tokens"] for row in rows)
    failed = sum(row["status"] == "failed" for row in rows)
    return {
        "credits": sum(row["charged_credits"] for row in rows),
        "tokens": {"input": input_tokens, "output": output_tokens, "total": input_tokens + output_tokens},
        "requests": {
            "total": len(rows),
            "charged": sum(row["charged_credits"] > 0 for row in rows),
            "succeeded": len(rows) - failed,
            "failed": failed,
        },
    }


def grouped(rows: Iterable[Row], grouping: str, zone: str) -> dict[tuple[str, ...], dict[str, Any]]:
    """The same rows by the grouping."""
    parts: dict[str, Callable[[Row], str]] = {
        "day": lambda row: f"{datetime.fromtimestamp(row['started_at_ms'] / 1000, tz=ZoneInfo(zone)):%Y-%m-%d}",
        "model": lambda row: str(row["model_id"]),
    }
    groups: defaultdict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows:
        groups[tuple(parts[name](row) for name in grouping.split(","))].append(row)
    return {name: group_of(members) for name, members in groups.items()}


def told_groups(detail: Mapping[str, Any], grouping: str) -> dict[tuple[str, ...], dict[str, Any]]:
    """The groups that an answer tells, in the form of `grouped`."""
    found = {
        tuple(group[name] for name in grouping.split(",")): {
            "credits": credits_of(group["spend"]),
            "tokens": counted(group["tokens"]),
            "requests": group["requests"],
        }
        for group in detail["groups"]
    }
    assert len(found) == len(detail["groups"]), "a group is there twice"
    return found


def counted(tokens: Mapping[str, int]) -> dict[str, int]:
    """Told tokens in the form of `group_of`: owners are told of thinking too, which is a part of the output."""
    assert tokens.get("thinking", 0) <= tokens["output"]
    return {name: count for name, count in tokens.items() if name != "thinking"}
