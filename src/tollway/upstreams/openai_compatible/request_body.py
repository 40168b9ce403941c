"""The body of a request to an upstream."""

from collections.abc import Callable, Iterable
from typing import Any, Literal

import msgspec
from msgspec import UNSET

from tollway.upstreams.port import UpstreamCall
from tollway.wire.chat_request import AssistantMessage, ChatRequest, Message, StreamOptions

OutputLimitField = Literal["max_tokens", "max_completion_tokens"]
PrepareMessages = Callable[[list[Message]], list[Message]]

_encode = msgspec.json.Encoder().encode
_SCHEMA_FIELDS = frozenset(ChatRequest.__struct_fields__)
_NULLABLE_FIELDS = ("stop", "frequency_penalty", "presence_penalty")
_USAGE = StreamOptions(include_usage=True)


class RequestBodyWriter:
    """Writes the bodies of one upstream's requests, each with a single pass of the JSON encoder over the prompt."""

    def __init__(
        self,
        *,
        output_limit_field: OutputLimitField,
        refused_fields: Iterable[str] = (),
        keeps_reasoning: bool = False,
        prepare_messages: PrepareMessages | None = None,
    ) -> None:
        """Fix what is the same for all requests.

        Args:
            output_limit_field: what the upstream calls the limit of reasoning and visible tokens together.
            refused_fields: names that are never sent, of the schema's fields and of extras.
            keeps_reasoning: whether earlier turns keep their ``reasoning_content``; many servers refuse it.
            prepare_messages: brings messages into the order that the upstream insists on.
        """
        self._output_limit_field = output_limit_field
        self._refused = frozenset(refused_fields)
        self._left_out = dict.fromkeys(self._refused & _SCHEMA_FIELDS, UNSET)
        self._stream_options = UNSET if "stream_options" in self._refused else _USAGE
        self._keeps_reasoning = keeps_reasoning
        self._prepare_messages = prepare_messages

    def write(self, call: UpstreamCall) -> bytes:
        """Encode the call.

        Raises:
            UpstreamError: the messages cannot be brought into an order that the upstream takes.
        """
        request = call.request
        messages = request.messages if self._keeps_reasoning else without_reasoning(request.messages)
        if self._prepare_messages is not None:
            messages = self._prepare_messages(messages)
        changes: dict[str, Any] = {
            "model": call.model,
            "messages": messages,
            "max_tokens": UNSET,
            "max_completion_tokens": UNSET,
            "stream": True if call.stream else UNSET,
            "stream_options": self._stream_options if call.stream else UNSET,
        }
        for name in _NULLABLE_FIELDS:
            # Null means the same as nothing, and nothing is what every server understands.
            if getattr(request, name) is None:
                changes[name] = UNSET
        changes |= self._left_out
        changes[self._output_limit_field] = call.max_output_tokens
        body = _encode(msgspec.structs.replace(request, **changes))
        extras = call.extras and self._allowed(call.extras)
        return b"%b,%b" % (body[:-1], _encode(extras)[1:]) if extras else body

    def _allowed(self, extras: dict[str, Any]) -> dict[str, Any]:
        taken = self._refused | _SCHEMA_FIELDS
        return {name: value for name, value in extras.items() if name not in taken}


def without_reasoning(messages: list[Message]) -> list[Message]:
    """Drop the thinking of earlier turns; the list is copied only if there is any."""
    for message in messages:
        if type(message) is AssistantMessage and message.reasoning_content is not UNSET:
            return [_without_reasoning(message) for message in messages]
    return messages


def _without_reasoning(message: Message) -> Message:
    if isinstance(message, AssistantMessage) and message.reasoning_content is not UNSET:
        return msgspec.structs.replace(message, reasoning_content=UNSET)
    return message
