"""Deciding whether a request may be answered at all: the body, the model, and what that model takes."""

from typing import Any

from msgspec import UNSET, Struct
from msgspec.json import Encoder
from msgspec.structs import replace

from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.flows.complete_chat.json_format import refuse_invalid_format
from tollway.wire.chat_request import (
    AssistantMessage,
    ChatRequest,
    FilePart,
    ImagePart,
    Message,
    NamedToolChoice,
    TextPart,
    UserMessage,
)
from tollway.wire.estimation import utf8_length
from tollway.wire.refusals import UnsupportedValueError, describe, field_error, shorten
from tollway.wire.unknown_fields import unknown_fields
from tollway.wire.validation import decode_chat_request

_ENCODER = Encoder()
_PLAIN_USER_BYTES = len(_ENCODER.encode(UserMessage(content="")))
_IMAGE_TOKENS_MAX = 4096
"""Upper bound of the prompt tokens of one image: vision encoders of this family cut an image into at most so many."""
_MESSAGE_TOKENS = 16
"""Tokens that a message costs beside its text (the contract's section on money)."""


class ReadRequest(Struct, frozen=True, kw_only=True):
    """A request that is valid for its model.

    Attributes:
        extras: fields beyond the schema that the catalogue entry passes on.
        ignored: paths of the other fields that the schema does not know.
        prompt_upper_tokens: upper bound of the prompt's tokens.
    """

    request: ChatRequest
    model: Model
    extras: dict[str, Any]
    ignored: tuple[str, ...]
    prompt_upper_tokens: int

    @property
    def prompt_fair_tokens(self) -> int:
        """Fair estimate of the prompt's tokens: a third of the upper bound (the contract's section on money)."""
        return -(-self.prompt_upper_tokens // 3)


def read_request(body: bytes, catalog: Catalog) -> ReadRequest:
    """Decode and check a body.

    Raises:
        BadRequestError: a field is wrong, or is nothing that the model takes.
        UnknownModelError: there is no such model.
    """
    request, raw = decode_chat_request(body)
    _refuse_unsupported_extras(raw)
    model = catalog.resolve(request.model)
    _check_model_takes(request, model)
    _check_tool_choice(request)
    refuse_invalid_format(request)
    unknown = unknown_fields(raw)
    extras = {name: raw[name] for name in unknown if name in model.passed_on} if model.passed_on else {}
    return ReadRequest(
        request=request,
        model=model,
        extras=extras,
        ignored=tuple(name for name in unknown if name not in extras),
        prompt_upper_tokens=prompt_upper_tokens(request),
    )


def prompt_upper_tokens(request: ChatRequest) -> int:
    """Bound the prompt's tokens: the UTF-8 length of messages and tools plus 16 a message.

    A message counts as the JSON object that was sent for it, with its plain text unescaped, and tools as their JSON. A
    tokenizer that falls back to bytes makes no more tokens of a text than it has bytes, and the names, quotes and
    braces of a message's JSON, which no model sees, outweigh with the 16 what chat templates write around it, the
    opening of the answer included. Images count by a bound of their own, not by the length of their encoding.
    """
    total = sum([_MESSAGE_TOKENS + _message_bytes(message) for message in request.messages])
    return total + len(_ENCODER.encode(request.tools)) if request.tools else total


def _message_bytes(message: Message) -> int:
    content = message.content
    if isinstance(content, str):
        if type(message) is UserMessage and message.name is UNSET:
            return _PLAIN_USER_BYTES + utf8_length(content)
        # A long text is not encoded only to be measured.
        return len(_ENCODER.encode(replace(message, content=""))) + utf8_length(content)
    if isinstance(message, UserMessage):
        return len(_ENCODER.encode(replace(message, content=[]))) + sum(map(_part_bytes, message.content))
    return len(_ENCODER.encode(message))


def _part_bytes(part: TextPart | ImagePart | FilePart | str) -> int:
    return _IMAGE_TOKENS_MAX if isinstance(part, ImagePart) else len(_ENCODER.encode(part))


def _refuse_unsupported_extras(raw: dict[str, Any]) -> None:
    """Refuse what would change the answer's shape and is not offered, instead of ignoring it."""
    count = raw.get("n")
    if count is not None and isinstance(count, int | float) and count > 1:
        raise UnsupportedValueError(
            f"Unsupported value: 'n' does not support '{shorten(str(count))}' with this model: one answer a request.",
            param="n",
        )
    if raw.get("logprobs") is True:
        raise UnsupportedValueError.for_field("logprobs", value=True)
    if raw.get("logit_bias"):
        raise UnsupportedValueError(
            "Unsupported value: 'logit_bias' does not support biases with this model.", param="logit_bias"
        )


def _check_model_takes(request: ChatRequest, model: Model) -> None:
    for name in model.unsupported_parameters:
        value = getattr(request, name)
        if value is not UNSET and value is not None:
            raise UnsupportedValueError(f"Unsupported value: '{name}' is not supported with this model.", param=name)
    takes_images = "image" in model.input_modalities
    for index, message in enumerate(request.messages):
        role = message.__struct_config__.tag
        if role not in model.roles:
            raise UnsupportedValueError.for_field(f"messages[{index}].role", role)
        if isinstance(message, UserMessage):
            if isinstance(message.content, list) and not takes_images:
                _refuse_media(message.content, index)
        elif isinstance(message, AssistantMessage) and not message.tool_calls and not _has_content(message):
            raise field_error(f"messages[{index}].content", "a string (there are no tool_calls)", "nothing")


def _has_content(message: AssistantMessage) -> bool:
    return (message.content is not UNSET and message.content is not None) or bool(message.refusal)


def _refuse_media(parts: list[TextPart | ImagePart | FilePart], index: int) -> None:
    for place, part in enumerate(parts):
        if isinstance(part, ImagePart | FilePart):
            raise UnsupportedValueError.for_field(
                f"messages[{index}].content[{place}].type", part.__struct_config__.tag
            )


def _check_tool_choice(request: ChatRequest) -> None:
    choice = request.tool_choice
    if choice is UNSET or (isinstance(choice, str) and choice != "required"):
        return
    if not request.tools:
        raise field_error("tools", "at least one tool, because tool_choice asks for one", "none")
    if isinstance(choice, NamedToolChoice):
        names = {tool.function.name for tool in request.tools}
        if choice.function.name not in names:
            raise field_error("tool_choice.function.name", "the name of one of tools", describe(choice.function.name))
