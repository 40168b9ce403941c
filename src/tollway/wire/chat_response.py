"""The JSON answer of a chat completion, field for field in the order of the contract's example."""

from msgspec import UNSET, Raw, Struct, UnsetType
from msgspec.json import Encoder

from tollway.kit.money import usd_text
from tollway.wire.deltas import FinishReason, TokenUsage

_ENCODER = Encoder()


class ResponseFunction(Struct):
    """The function that the model called, its arguments as JSON text."""

    name: str
    arguments: str


class ResponseToolCall(Struct, tag_field="type", tag="function"):
    """One call of a tool by the model."""

    id: str
    function: ResponseFunction


class ResponseMessage(Struct, omit_defaults=True):
    """What the model says; ``content`` is never null."""

    role: str
    content: str
    reasoning_content: str | UnsetType = UNSET
    tool_calls: list[ResponseToolCall] | UnsetType = UNSET


class Choice(Struct, omit_defaults=True):
    """The one answer of a request; ``flag`` is the upstream's safety mark, 0 when it raised none."""

    index: int
    message: ResponseMessage
    finish_reason: FinishReason
    flag: int | UnsetType = UNSET


class CompletionTokensDetails(Struct):
    """How many of the completion tokens were reasoning."""

    reasoning_tokens: int


class PromptTokensDetails(Struct):
    """How many of the prompt tokens came from the upstream's cache."""

    cached_tokens: int


class Usage(Struct, omit_defaults=True):
    """Tokens of the answer; completion tokens include reasoning."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    completion_tokens_details: CompletionTokensDetails
    prompt_tokens_details: PromptTokensDetails | UnsetType = UNSET


class CreditsUsed(Struct):
    """What the answer cost; ``usd_spent`` is a JSON number written without exponent."""

    credits_used: int
    usd_spent: Raw


class Meta(Struct, omit_defaults=True):
    """What the platform adds: the cost, and warnings when the model did not follow the request."""

    usage: CreditsUsed
    warnings: list[str] | UnsetType = UNSET


class ChatCompletion(Struct, omit_defaults=True):
    """The whole answer."""

    id: str
    object: str
    created: int
    model: str
    choices: list[Choice]
    usage: Usage
    meta: Meta | UnsetType = UNSET


def usage_block(usage: TokenUsage) -> Usage:
    """Write token counts as the contract's ``usage``."""
    return Usage(
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        total_tokens=usage.prompt_tokens + usage.completion_tokens,
        completion_tokens_details=CompletionTokensDetails(usage.reasoning_tokens),
        prompt_tokens_details=PromptTokensDetails(usage.cached_tokens) if usage.cached_tokens else UNSET,
    )


def meta_block(credits_used: int, warnings: list[str] | None = None) -> Meta:
    """Write a charge (credits) as the contract's ``meta``."""
    cost = CreditsUsed(credits_used, Raw(usd_text(credits_used)))
    return Meta(cost, warnings or UNSET)


def encode_completion(completion: ChatCompletion) -> bytes:
    """Encode the answer as the body that is sent."""
    return _ENCODER.encode(completion)
