"""The shapes of the usage endpoints."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from tollway.flows.read_usage import UsageGroup, UsageReport
from tollway.kit.clock import iso_utc
from tollway.kit.money import usd_number
from tollway.usage.slots import Span
from tollway.usage.types import UsageSums


class UsageTotal(Struct, kw_only=True):
    """What a key has spent in a window. ``requests`` counts those that were charged something."""

    api_key_prefix: str | None
    start: str
    end: str
    spend: float
    currency: Literal["USD"]
    requests: int


class ModelUsage(Struct):
    """What a key has spent on one model."""

    model: str
    spend: float
    requests: int


class GroupTokens(Struct):
    """Tokens of a group: input with the cached ones, output with those of reasoning."""

    input: int
    output: int
    total: int


class GroupRequests(Struct):
    """Requests of a group; failed ones are never charged, and free ones are not either."""

    total: int
    charged: int
    succeeded: int
    failed: int


class GroupUsage(Struct, kw_only=True):
    """One group, named by what it was made by."""

    day: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    spend: float
    tokens: GroupTokens
    requests: GroupRequests


class UsageDetail(Struct, kw_only=True):
    """What a key has spent in a window, by model and in the groups that were asked for."""

    api_key_prefix: str | None
    start: str
    end: str
    spend: float
    currency: Literal["USD"]
    requests: int
    models: list[ModelUsage]
    groups: list[GroupUsage] | UnsetType = UNSET


def usage_total(sums: UsageSums, window: Span, prefix: str | None) -> UsageTotal:
    """Show a sum; ``prefix`` is the one that was asked for."""
    return UsageTotal(
        api_key_prefix=prefix,
        start=iso_utc(window.from_ms),
        end=iso_utc(window.to_ms),
        spend=usd_number(sums.charged_credits),
        currency="USD",
        requests=sums.charged,
    )


def usage_detail(report: UsageReport, window: Span, prefix: str | None) -> UsageDetail:
    """Show a report; ``prefix`` is the one that was asked for."""
    return UsageDetail(
        api_key_prefix=prefix,
        start=iso_utc(window.from_ms),
        end=iso_utc(window.to_ms),
        spend=usd_number(report.sums.charged_credits),
        currency="USD",
        requests=report.sums.charged,
        models=[
            ModelUsage(one.model_id or "", usd_number(one.sums.charged_credits), one.sums.charged)
            for one in report.models
        ],
        groups=UNSET if report.groups is None else [_group(one) for one in report.groups],
    )


def _group(group: UsageGroup) -> GroupUsage:
    sums = group.sums
    return GroupUsage(
        day=UNSET if group.day is None else group.day.isoformat(),
        model=UNSET if group.model_id is None else group.model_id,
        spend=usd_number(sums.charged_credits),
        tokens=token_sums(sums),
        requests=request_counts(sums),
    )


def token_sums(sums: UsageSums) -> GroupTokens:
    """Show the tokens of some requests."""
    tokens_in = sums.input_tokens + sums.cached_input_tokens
    tokens_out = sums.output_tokens + sums.reasoning_tokens
    return GroupTokens(tokens_in, tokens_out, tokens_in + tokens_out)


def request_counts(sums: UsageSums) -> GroupRequests:
    """Show how some requests ended."""
    return GroupRequests(sums.succeeded + sums.failed, sums.charged, sums.succeeded, sums.failed)


EXAMPLE_TOTAL = UsageTotal(
    api_key_prefix=None,
    start="2026-08-01T00:00:00.000Z",
    end="2026-08-02T00:00:00.000Z",
    spend=0.0001955,
    currency="USD",
    requests=1,
)
EXAMPLE_USAGE = UsageDetail(
    api_key_prefix=None,
    start="2026-08-01T00:00:00.000Z",
    end="2026-08-02T00:00:00.000Z",
    spend=0.0001955,
    currency="USD",
    requests=1,
    models=[ModelUsage("baidu/ernie-x1-turbo-32k", 0.0001955, 1)],
    groups=[
        GroupUsage(
            day="2026-08-01",
            model="baidu/ernie-x1-turbo-32k",
            spend=0.0001955,
            tokens=GroupTokens(13, 601, 614),
            requests=GroupRequests(2, 1, 1, 1),
        )
    ],
)
