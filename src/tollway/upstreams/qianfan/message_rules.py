"""The order of messages that Qianfan insists on, made by joining where that changes no meaning.

Qianfan takes messages that begin with system or user, after which user and assistant alternate; tool results stand
where a user could. The last one must be a user's or a tool's, and not blank.

Emulated: system messages at the beginning, several messages of a user and several of the assistant in a row are joined
by a blank line; content in parts that are all text becomes one text. Refused, because any repair would change who said
what or when: a system message later on, an assistant first, results of a tool that nobody called, a tool call that is
followed by more of the assistant, an assistant or a system message last.
"""

from typing import NoReturn, TypeVar

import msgspec
from msgspec import UNSET

from tollway.upstreams.port import RequestRefusedError
from tollway.wire.chat_request import (
    AssistantMessage,
    FilePart,
    ImagePart,
    Message,
    RefusalPart,
    SystemMessage,
    TextPart,
    ToolMessage,
    UserMessage,
)

UserContent = str | list[TextPart | ImagePart | FilePart]
T = TypeVar("T", bound=Message)

_BETWEEN_PARTS = "\n"
_BETWEEN_MESSAGES = "\n\n"


def prepare_messages(messages: list[Message]) -> list[Message]:
    """Return the messages in an order that Qianfan takes.

    Raises:
        RequestRefusedError: that cannot be done; names the path of the first message at fault.
    """
    prepared: list[Message] = []
    for index, message in enumerate(messages):
        simple = _with_plain_text(message)
        last = prepared[-1] if prepared else None
        joined = _join(last, simple) if last is not None else None
        if joined is not None:
            prepared[-1] = joined
            continue
        if not _may_follow(last, simple):
            _refuse_role(index, message)
        prepared.append(simple)
    _check_last(prepared[-1], len(messages) - 1, messages[-1])
    return prepared


def _may_follow(last: Message | None, message: Message) -> bool:
    match message:
        case SystemMessage():
            return last is None
        case UserMessage():
            return not (isinstance(last, AssistantMessage) and _calls_tools(last))
        case AssistantMessage():
            return isinstance(last, UserMessage | ToolMessage)
        case ToolMessage():
            return isinstance(last, ToolMessage) or (isinstance(last, AssistantMessage) and _calls_tools(last))


def _join(last: Message, message: Message) -> Message | None:
    """Join two messages of one role, or return None where they must stay two."""
    match last, message:
        case (SystemMessage(), SystemMessage()) if last.name == message.name:
            return msgspec.structs.replace(
                last, content=_text(last.content) + _BETWEEN_MESSAGES + _text(message.content)
            )
        case (UserMessage(), UserMessage()) if last.name == message.name:
            return msgspec.structs.replace(last, content=_join_user(last.content, message.content))
        case (AssistantMessage(), AssistantMessage()) if last.name == message.name and not _calls_tools(last):
            texts = [text for text in (_text(last.content), _text(message.content)) if text]
            return msgspec.structs.replace(message, content=_BETWEEN_MESSAGES.join(texts))
    return None


def _join_user(first: UserContent, second: UserContent) -> UserContent:
    if isinstance(first, str) and isinstance(second, str):
        return first + _BETWEEN_MESSAGES + second
    return [*_parts(first), *_parts(second)]


def _parts(content: UserContent) -> list[TextPart | ImagePart | FilePart]:
    return [TextPart(content)] if isinstance(content, str) else content


def _with_plain_text(message: Message) -> Message:
    """Turn content in parts that are all text into one text."""
    content = message.content
    if isinstance(content, list) and all(isinstance(part, TextPart | RefusalPart) for part in content):
        return msgspec.structs.replace(message, content=_text(content))
    return message


def _text(content: object) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    return _BETWEEN_PARTS.join(part.refusal if isinstance(part, RefusalPart) else part.text for part in content)


def _calls_tools(message: AssistantMessage) -> bool:
    return message.tool_calls is not UNSET and bool(message.tool_calls)


def _check_last(last: Message, index: int, original: Message) -> None:
    if not isinstance(last, UserMessage | ToolMessage):
        _refuse_role(index, original)
    if isinstance(last.content, str) and not last.content.strip():
        path = f"messages[{index}].content"
        raise RequestRefusedError(
            f"Body validation error: {path}: expected text that is not blank in the last message, received blank text",
            param=path,
            was_sent=False,
        )


def _refuse_role(index: int, message: Message) -> NoReturn:
    path, role = f"messages[{index}].role", message.__struct_config__.tag
    raise RequestRefusedError(
        f"Unsupported value: '{path}' does not support '{role}' with this model. At this place of the conversation it"
        " takes system or user first, then user and assistant in turn, tool results after the call, and user or tool"
        " last.",
        code="unsupported_value",
        param=path,
        was_sent=False,
    )
