"""A thousand requests of every kind, made from a seed, and what each must come to."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice, product
from typing import Any, Literal

from tests.support.chat_caller import chat_body

Kind = Literal["whole", "spending", "leaving", "failing", "refused"]
Caller = Literal["rich", "spending", "over_limit", "poor", "disabled", "management", "unknown"]

SPENDING_MAX_TOKENS = 100
FORMS: tuple[dict[str, Any], ...] = ({}, {"stream": True}, {"stream": True, "stream_options": {"include_usage": True}})
WHOLE = (
    "page",
    "paced",
    "slow-head",
    "every-byte",
    "keep-alives",
    "tool-calls",
    "thinker",
    "no-done",
    "usage-finish",
    "usage-every",
    "usage-choice",
    "usage-none",
    "dialect-reasoning",
    "dialect-think_tags",
)
LEFT = ("page", "paced", "slow-head", "slow-middle", "hang-mid", "never", "every-byte")
ENDLESS = ("slow-middle", "hang-mid", "never")
"""Those of them whose streams last longer than any caller stays."""
SILENT = ("never", "hang-after-head", "hang-mid")
"""Failures that are found out by waiting."""
SILENT_MODELS = (
    "baidu/ernie-x1.1-preview",
    "baidu/ernie-5.0-thinking-latest",
    "baidu/ernie-4.5-turbo-vl-32k",
    "baidu/ernie-4.5-21b-a3b",
    "baidu/ernie-4.5-21b-a3b-thinking",
    "baidu/ernie-4.5-8k-preview",
)
"""Each has an upstream of its own, whose silence is found out soon; a fifth one in a row would be asked no more."""
FAILURES_EACH = 4
FAILING_FIRST = {
    "status-400": 400,
    "status-401": 502,
    "status-403": 502,
    "status-404": 502,
    "status-408": 504,
    "status-413": 400,
    "status-429": 429,
    "status-500": 502,
    "status-502": 502,
    "status-503": 503,
    "status-504": 504,
    "unsafe": 400,
    "limited": 429,
    "malformed-json": 502,
    "not-json": 502,
    "error-in-json": 502,
    "error-in-stream": 502,
    "reset-at-once": 502,
    "never": 504,
    "hang-after-head": 504,
}
"""Upstream failures before anything visible, with the status that the caller gets."""
FAILING_MIDWAY = {
    "reset-mid": 502,
    "close-mid": 502,
    "error-mid-stream": 502,
    "malformed-events": 502,
    "no-finish": 502,
    "hang-mid": 504,
}
"""Upstream failures after the first piece, so within a stream."""
ENDED_BY_THE_UPSTREAM = ("reset-at-once", "reset-mid", "close-mid")


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why a request is refused, and a part of the message that says so."""

    status: int
    says: str
    caller: Caller = "rich"
    body: Mapping[str, Any] | bytes = field(default_factory=chat_body)
    headers: Mapping[str, str] = field(default_factory=dict)


REFUSALS = (
    Refusal(status=400, says="Body validation error", body=b'{"model": '),
    Refusal(status=400, says="Body validation error: messages", body={"model": "baidu/ernie-x1-turbo-32k"}),
    Refusal(status=400, says="Body validation error: temperature", body=chat_body(temperature="hot")),
    Refusal(status=400, says="Unsupported value: 'n'", body=chat_body(n=2)),
    Refusal(status=401, says="valid API key is required", caller="disabled"),
    Refusal(status=401, says="valid API key is required", caller="unknown"),
    Refusal(status=403, says="Out of credits", caller="poor"),
    Refusal(status=403, says="Key limit reached", caller="over_limit"),
    Refusal(status=403, says="management key cannot run inference", caller="management"),
    Refusal(status=403, says="has no price", body=chat_body(model="baidu/ernie-5.0")),
    Refusal(status=404, says="does not exist", body=chat_body(model="baidu/none")),
    Refusal(status=415, says="application/json", headers={"Content-Type": "text/plain"}),
    Refusal(status=503, says="tollway.toml", body=chat_body(model="baidu/ernie-4.5-turbo-128k")),
)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One request; ``status`` is what it must be answered with, also within a stream, if it is not left before.

    Attributes:
        number: its place, which it carries to the upstream and as the caller's own id.
        script: what the upstream does.
        says: a part of the message of its refusal.
        leave_after_bytes, leave_after_s: when the caller leaves, whichever is first.
    """

    kind: Kind
    status: int
    number: int = -1
    caller: Caller = "rich"
    body: Mapping[str, Any] | bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    script: str = ""
    says: str = ""
    leave_after_bytes: int = 0
    leave_after_s: float = 0.0

    @property
    def own_id(self) -> str:
        """The caller's own id of the request."""
        return f"request-{self.number}"

    @property
    def fails_within_stream(self) -> bool:
        """Whether the failure comes after the first byte."""
        return self.script in FAILING_MIDWAY and not isinstance(self.body, bytes) and bool(self.body.get("stream"))


def mixed_scenarios(count: int, chance: random.Random) -> list[Scenario]:
    """Make so many requests in a random order, every kind and every script among them."""
    refused, left, failing, spending = count * 15 // 100, count * 20 // 100, count * 20 // 100, count * 10 // 100
    scenarios = [
        *islice(_refused(), refused),
        *islice(_left(chance), left),
        *islice(_failing(), failing),
        *islice(_spending(), spending),
    ]
    scenarios += islice(_whole(), count - len(scenarios))
    chance.shuffle(scenarios)
    return [_numbered(scenario, number) for number, scenario in enumerate(scenarios)]


def number_of(content: str) -> int:
    """Read the number from the message that reached the upstream."""
    return int(content.rpartition("#")[2])


def _numbered(scenario: Scenario, number: int) -> Scenario:
    if not scenario.script:
        return replace(scenario, number=number)
    form = scenario.body
    assert not isinstance(form, bytes)
    return replace(scenario, number=number, body=chat_body(f"script:{scenario.script} #{number}", **form))


def _whole() -> Iterator[Scenario]:
    for script, form in cycle(product(WHOLE, FORMS)):
        yield Scenario(kind="whole", status=200, script=script, body=form)


def _spending() -> Iterator[Scenario]:
    for form in cycle(FORMS):
        body = form | {"max_tokens": SPENDING_MAX_TOKENS}
        yield Scenario(kind="spending", status=200, script="page", body=body, caller="spending")


def _left(chance: random.Random) -> Iterator[Scenario]:
    for script, form in cycle(product(LEFT, FORMS)):
        yield Scenario(
            kind="leaving",
            status=200,
            script=script,
            body=form,
            leave_after_bytes=chance.choice([1, chance.randrange(1, 1500), chance.randrange(1, 20_000)]),
            leave_after_s=chance.uniform(0.0, 0.6),
        )


def _failing() -> Iterator[Scenario]:
    models = cycle(model for model in SILENT_MODELS for _ in range(FAILURES_EACH))
    for (script, status), form in cycle(product((FAILING_FIRST | FAILING_MIDWAY).items(), _two(FORMS))):
        body = form | {"model": next(models)} if script in SILENT else form
        yield Scenario(kind="failing", status=status, script=script, body=body)


def _refused() -> Iterator[Scenario]:
    for one in cycle(REFUSALS):
        yield Scenario(
            kind="refused", status=one.status, says=one.says, caller=one.caller, body=one.body, headers=one.headers
        )


def _two(forms: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    return forms[:2]
