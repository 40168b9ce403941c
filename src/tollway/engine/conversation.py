"""Turning a chat request's messages into the plain turns that any instruct model's template takes.

Tools and their results are put into words here: most small models' templates know neither, and pass over what they do
not know. The wording is this project's own.
"""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET

from tollway.engine.errors import EngineRequestError
from tollway.engine.tags import THINK_CLOSE, THINK_OPEN
from tollway.wire.chat_request import (
    AssistantMessage,
    ChatRequest,
    Message,
    RefusalPart,
    SystemMessage,
    TextPart,
    Tool,
    ToolCall,
    ToolMessage,
    UserMessage,
)

Turn = dict[str, str]
"""``role`` (system, user or assistant) and ``content``."""

_QUESTION_CHARACTERS = 1000
_DESCRIPTION_CHARACTERS = 160


def turns_of(request: ChatRequest, instructions: str) -> list[Turn]:
    """Write the conversation as turns; ``instructions`` join the first system turn, or become one.

    Raises:
        EngineRequestError: a message holds something other than text.
    """
    names = _called_names(request.messages)
    turns: list[Turn] = []
    for index, message in enumerate(request.messages):
        role, content = _turn_of(message, names, f"messages[{index}]")
        if turns and role == turns[-1]["role"]:
            turns[-1]["content"] += "\n\n" + content
        else:
            turns.append({"role": role, "content": content})
    if not instructions:
        return turns
    if turns[0]["role"] == "system":
        turns[0]["content"] += "\n\n" + instructions
        return turns
    return [{"role": "system", "content": instructions}, *turns]


def describe_tools(tools: Sequence[Tool]) -> str:
    """Write what the model must know of its functions."""
    lines = ["You are a helpful assistant. You can call these functions, each with JSON arguments:"]
    for tool in tools:
        function = tool.function
        said = f": {function.description}" if function.description is not UNSET else ""
        lines.append(f"- {function.name}{said}\n  arguments: {msgspec.json.encode(function.parameters).decode()}")
    lines.append("The result of a call comes back to you in the next message.")
    return "\n".join(lines)


def describe_schema(schema: object) -> str:
    """Write what the model must know of the form of its answer."""
    if schema is None:
        return "You are a helpful assistant. Answer with one JSON object and nothing else."
    written = msgspec.json.encode(schema).decode()
    return f"You are a helpful assistant. Answer with JSON that follows this schema, and nothing else:\n{written}"


def needs_function_question(request: ChatRequest, tools: Sequence[Tool]) -> list[Turn]:
    """Write the question whether the last message needs one of the functions; its answer is Yes or No."""
    message = next((message for message in reversed(request.messages) if isinstance(message, UserMessage)), None)
    asked = _text(message.content, "messages") if message is not None else ""
    named = " or ".join(_named(tool) for tool in tools)
    question = f"{asked[-_QUESTION_CHARACTERS:]}\n\nDo you need {named} for this? Reply yes or no."
    return [{"role": "user", "content": question}]


def _named(tool: Tool) -> str:
    description = tool.function.description
    said = f" ({description[:_DESCRIPTION_CHARACTERS]})" if isinstance(description, str) and description else ""
    return tool.function.name + said


def _turn_of(message: Message, names: Mapping[str, str], path: str) -> tuple[str, str]:
    match message:
        case SystemMessage(content=content):
            return "system", _text(content, path)
        case UserMessage(content=content):
            return "user", _text(content, path)
        case ToolMessage(content=content, tool_call_id=call_id):
            return "user", f"The function {names.get(call_id, call_id)} returned: {content}"
        case AssistantMessage():
            return "assistant", _assistant_text(message, path)


def _assistant_text(message: AssistantMessage, path: str) -> str:
    content = message.content
    said = "" if content is None or content is UNSET else _text(content, path)
    calls = _calls_text(message.tool_calls) if message.tool_calls is not UNSET else ""
    return "\n".join(part for part in (_without_think_phase(said), calls) if part)


def _calls_text(calls: Sequence[ToolCall]) -> str:
    written = []
    for call in calls:
        name = msgspec.json.encode(call.function.name).decode()
        written.append(f'{{"name": {name}, "arguments": {call.function.arguments or "{}"}}}')
    return f"[{', '.join(written)}]"


def _without_think_phase(text: str) -> str:
    """Leave out what an assistant thought in an earlier turn: clients that show it inline also send it back."""
    if text.lstrip().startswith(THINK_OPEN):
        return text.partition(THINK_CLOSE)[2].lstrip()
    return text


def _called_names(messages: Sequence[Message]) -> dict[str, str]:
    return {
        call.id: call.function.name
        for message in messages
        if isinstance(message, AssistantMessage) and message.tool_calls is not UNSET
        for call in message.tool_calls
    }


def _text(content: str | Sequence[object], path: str) -> str:
    if isinstance(content, str):
        return content
    parts = []
    for index, part in enumerate(content):
        match part:
            case TextPart(text=text):
                parts.append(text)
            case RefusalPart(refusal=text):
                parts.append(text)
            case _:
                raise EngineRequestError(
                    "The embedded engine takes text only.", code="unsupported_value", param=f"{path}.content[{index}]"
                )
    return "\n".join(parts)
