"""The shapes of an account's usage."""

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

from tollway.flows.account_keys import UsedKey
from tollway.flows.read_usage import UsageGroup, UsageReport
from tollway.http.service.usage_views import GroupRequests, GroupTokens, request_counts, token_sums
from tollway.kit.clock import MomentText, iso_utc
from tollway.kit.money import usd_number
from tollway.usage.slots import Span
from tollway.usage.types import UsageSums

KeyKindName = Literal["api", "management", "operator", "playground"]


class GroupKey(Struct):
    """The key that called; the calls of the playground are counted under one of the kind ``playground``."""

    prefix: str
    name: str | None
    kind: KeyKindName


class OwnersTokens(GroupTokens):
    """Tokens of a group; ``thinking`` is the part of the output that was thought and not answered."""

    thinking: int


class OwnersGroup(Struct, kw_only=True):
    """One group, named by what it was made by."""

    day: str | UnsetType = UNSET
    model: str | UnsetType = UNSET
    key: GroupKey | UnsetType = UNSET
    spend: float
    credits: int
    tokens: OwnersTokens
    requests: GroupRequests


class OwnersUsage(Struct, kw_only=True):
    """What the keys of an account have spent in a window; ``key_prefix`` is the one key that was asked for."""

    key_prefix: str | None
    start: MomentText
    end: MomentText
    currency: Literal["USD"]
    spend: float
    credits: int
    tokens: OwnersTokens
    requests: GroupRequests


class OwnersUsageDetail(OwnersUsage, kw_only=True):
    """The same by model, highest spend first, and in the groups that were asked for."""

    models: list[OwnersGroup]
    groups: list[OwnersGroup] | UnsetType = UNSET


_TOKENS, _REQUESTS = OwnersTokens(13, 601, 614, 323), GroupRequests(2, 1, 1, 1)
_MODEL = OwnersGroup(model="baidu/ernie-x1-turbo-32k", spend=0.0001955, credits=391, tokens=_TOKENS, requests=_REQUESTS)
EXAMPLE_TOTAL = OwnersUsage(
    key_prefix=None,
    start="2026-08-01T00:00:00.000Z",
    end="2026-08-02T00:00:00.000Z",
    currency="USD",
    spend=0.0001955,
    credits=391,
    tokens=_TOKENS,
    requests=_REQUESTS,
)
EXAMPLE_DETAIL = OwnersUsageDetail(
    key_prefix=None,
    start="2026-08-01T00:00:00.000Z",
    end="2026-08-02T00:00:00.000Z",
    currency="USD",
    spend=0.0001955,
    credits=391,
    tokens=_TOKENS,
    requests=_REQUESTS,
    models=[_MODEL],
    groups=[
        OwnersGroup(
            day="2026-08-01",
            key=GroupKey("twkA1b2C", "laptop", "api"),
            spend=0.0001955,
            credits=391,
            tokens=_TOKENS,
            requests=_REQUESTS,
        )
    ],
)


def owners_usage(report: UsageReport, window: Span, prefix: str | None) -> OwnersUsage:
    """Show the sums of a report; ``prefix`` is the one that was asked for."""
    return OwnersUsage(
        key_prefix=prefix,
        start=iso_utc(window.from_ms),
        end=iso_utc(window.to_ms),
        currency="USD",
        spend=usd_number(report.sums.charged_credits),
        credits=report.sums.charged_credits,
        tokens=_tokens(report.sums),
        requests=request_counts(report.sums),
    )


def owners_usage_detail(report: UsageReport, window: Span, prefix: str | None) -> OwnersUsageDetail:
    """Show a whole report; ``prefix`` is the one that was asked for."""
    total = owners_usage(report, window, prefix)
    return OwnersUsageDetail(
        **{name: getattr(total, name) for name in total.__struct_fields__},
        models=[_group(one) for one in report.models],
        groups=UNSET if report.groups is None else [_group(one) for one in report.groups],
    )


def _group(group: UsageGroup) -> OwnersGroup:
    sums = group.sums
    return OwnersGroup(
        day=UNSET if group.day is None else group.day.isoformat(),
        model=UNSET if group.model_id is None else group.model_id,
        key=UNSET if group.key is None else _key(group.key),
        spend=usd_number(sums.charged_credits),
        credits=sums.charged_credits,
        tokens=_tokens(sums),
        requests=request_counts(sums),
    )


def _tokens(sums: UsageSums) -> OwnersTokens:
    tokens = token_sums(sums)
    return OwnersTokens(tokens.input, tokens.output, tokens.total, sums.reasoning_tokens)


def _key(key: UsedKey) -> GroupKey:
    kinds: dict[str, KeyKindName] = {"management": "management", "operator": "operator", "playground": "playground"}
    return GroupKey(key.prefix, key.name or None, kinds.get(key.kind, "api"))
