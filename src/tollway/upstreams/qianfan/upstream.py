"""What makes Qianfan V2 a variation of an OpenAI-compatible upstream (Baidu's documentation of its V2 chat API)."""

from tollway.kit.clock import Clock
from tollway.kit.http_client import HttpClient
from tollway.upstreams.openai_compatible.dialects import Dialect
from tollway.upstreams.openai_compatible.request_body import OutputLimitField
from tollway.upstreams.openai_compatible.upstream import OpenAICompatibleUpstream, UpstreamOptions
from tollway.upstreams.qianfan.message_rules import prepare_messages

BASE_URL = "https://qianfan.baidubce.com/v2"
KEY_VARIABLE = "TOLLWAY_QIANFAN_API_KEY"
APP_ID_VARIABLE = "TOLLWAY_QIANFAN_APPID"

REFUSED_FIELDS = frozenset(
    (
        # Not supported by ERNIE X1 Turbo there.
        "seed",
        "stop",
        "response_format",
        "penalty_score",
        # An error there.
        "logprobs",
        "top_logprobs",
        # Unknown there; whether it would be refused or ignored is not documented.
        "prediction",
    )
)
"""Fields that are never sent; ``stop`` and ``response_format`` take effect here instead."""


def qianfan_upstream(  # noqa: PLR0913 - what an operator may set, each named at the call
    *,
    upstream_id: str,
    api_key: str,
    client: HttpClient,
    clock: Clock,
    app_id: str = "",
    base_url: str = BASE_URL,
    reasoning: Dialect = "auto",
    refused_fields: frozenset[str] = frozenset(),
    output_limit_field: OutputLimitField = "max_tokens",
) -> OpenAICompatibleUpstream:
    """Make the upstream; ``refused_fields`` are left out besides those that Qianfan refuses anyway.

    Its answers need nothing of their own: ``flag`` and the ids ``as-…`` are passed on for every upstream, and its
    safety codes are known to the error mapping. ``ban_round``, which tells beside a flag which turn raised it, has no
    place in the contract's answer and is passed over.
    """
    options = UpstreamOptions(
        id=upstream_id,
        base_url=base_url,
        api_key=api_key,
        headers=((b"appid", app_id.encode("latin-1", "replace")),) if app_id else (),
        reasoning=reasoning,
        refused_fields=REFUSED_FIELDS | refused_fields,
        output_limit_field=output_limit_field,
        prepare_messages=prepare_messages,
    )
    return OpenAICompatibleUpstream(options, client, clock)
