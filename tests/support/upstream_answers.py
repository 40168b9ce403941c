"""What a model says, written down in each dialect that upstreams speak."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Dialect = Literal["reasoning_content", "reasoning", "reasoning_details", "think_tags", "ernie_thinking", "none"]
UsagePlace = Literal["last", "finish", "every", "choice", "none"]

PAGE_RESPONSE = Path(__file__).parents[1] / "contract" / "golden" / "page_response.json"
DONE = b"data: [DONE]\n\n"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer of a model; tool calls as `(id, name, arguments)`."""

    content: str = "Hello."
    reasoning: str = ""
    tool_calls: tuple[tuple[str, str, str], ...] = ()
    finish_reason: str = "stop"
    prompt_tokens: int = 7
    completion_tokens: int = 5
    reasoning_tokens: int | None = None
    id: str = "as-0123456789"
    model: str = "ernie-x1-turbo-32k"
    flag: int | None = None
    extra_usage: dict[str, Any] = field(default_factory=dict)

    @property
    def usage(self) -> dict[str, Any]:
        """The usage block; reasoning tokens are left out where they are None."""
        block: dict[str, Any] = {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
        }
        if self.reasoning_tokens is not None:
            block["completion_tokens_details"] = {"reasoning_tokens": self.reasoning_tokens}
        return block | self.extra_usage


def page_answer() -> Answer:
    """The answer of the contract's example."""
    page = json.loads(PAGE_RESPONSE.read_text(encoding="utf-8"))
    choice, usage = page["choices"][0], page["usage"]
    return Answer(
        content=choice["message"]["content"],
        reasoning=choice["message"]["reasoning_content"],
        finish_reason=choice["finish_reason"],
        prompt_tokens=usage["prompt_tokens"],
        completion_tokens=usage["completion_tokens"],
        reasoning_tokens=usage["completion_tokens_details"]["reasoning_tokens"],
        id=page["id"],
        model=page["model"],
        flag=choice["flag"],
    )


def json_body(answer: Answer, *, dialect: Dialect = "reasoning_content", with_usage: bool = True) -> bytes:
    """Write the answer as the body of a JSON response."""
    message: dict[str, Any] = {"role": "assistant", "content": None}
    for piece in _pieces(answer, dialect, None):
        for name, text in piece.items():
            message[name] = (message.get(name) or type(text)()) + text
    if answer.tool_calls:
        message["tool_calls"] = [_tool_call(*call) for call in answer.tool_calls]
    choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
    if answer.flag is not None:
        choice["flag"] = answer.flag
    body = _head(answer, "chat.completion") | {"choices": [choice], "usage": answer.usage if with_usage else None}
    return json.dumps(body, ensure_ascii=False).encode()


def stream_events(
    answer: Answer,
    *,
    dialect: Dialect = "reasoning_content",
    usage: UsagePlace = "last",
    piece_chars: int | None = 16,
    done: bool = True,
    finish: bool = True,
) -> list[bytes]:
    """Write the answer as events, each with its blank line.

    The first says the role, then come pieces of `piece_chars` characters (None is one piece), then the finish reason.
    `usage` stands in an event of its own, with the finish reason, in every event, within the choice, or nowhere.
    """
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += _pieces(answer, dialect, piece_chars)
    for index, call in enumerate(answer.tool_calls):
        deltas += _tool_call_deltas(index, *call)
    choices: list[dict[str, Any]] = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    if finish:
        choices.append({"index": 0, "delta": {}, "finish_reason": answer.finish_reason})
        if answer.flag:
            choices[-1]["flag"] = answer.flag
        if usage == "choice":
            choices[-1]["usage"] = answer.usage
    events = []
    for number, choice in enumerate(choices, start=1):
        event = _head(answer, "chat.completion.chunk") | {"choices": [choice]}
        if usage == "every" or (usage == "finish" and choice["finish_reason"]):
            share = answer.completion_tokens * number // len(choices)
            event["usage"] = answer.usage if choice["finish_reason"] else answer.usage | {"completion_tokens": share}
        events.append(event_of(event))
    if usage == "last":
        events.append(event_of(_head(answer, "chat.completion.chunk") | {"choices": [], "usage": answer.usage}))
    return events + [DONE] * done


def event_of(value: object) -> bytes:
    """Write a value as one event."""
    return b"data: " + json.dumps(value, ensure_ascii=False).encode() + b"\n\n"


def _head(answer: Answer, kind: str) -> dict[str, Any]:
    return {"id": answer.id, "object": kind, "created": 1_768_940_690, "model": answer.model}


def _pieces(answer: Answer, dialect: Dialect, piece_chars: int | None) -> list[dict[str, Any]]:
    def cut(text: str) -> Iterator[str]:
        size = piece_chars or max(1, len(text))
        return (text[start : start + size] for start in range(0, len(text), size))

    def thinking(piece: str) -> dict[str, Any]:
        if dialect == "reasoning_details":
            # OpenRouter says the same twice.
            return {"reasoning": piece, "reasoning_details": [{"type": "reasoning.text", "text": piece}]}
        return {dialect: piece}

    if dialect in {"think_tags", "ernie_thinking"}:
        return [{"content": piece} for piece in cut(tagged_text(answer, dialect))]
    thought = "" if dialect == "none" else answer.reasoning
    return [thinking(piece) for piece in cut(thought)] + [{"content": piece} for piece in cut(answer.content)]


def tagged_text(answer: Answer, dialect: Dialect) -> str:
    """Write thinking and answer as one text with tags."""
    if dialect == "think_tags":
        return f"<think>\n{answer.reasoning}\n</think>\n\n{answer.content}"
    return f"{answer.reasoning}\n</think>\n\n<response>\n{answer.content}\n</response>\n"


def _tool_call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _tool_call_deltas(index: int, call_id: str, name: str, arguments: str) -> list[dict[str, Any]]:
    half = len(arguments) // 2
    first = {"index": index, **_tool_call(call_id, name, "")}
    rest = [{"index": index, "function": {"arguments": part}} for part in (arguments[:half], arguments[half:])]
    return [{"tool_calls": [piece]} for piece in (first, *rest)]
