"""Calls of functions: the grammar that they are written under, and reading them while they arrive."""

from collections.abc import Sequence

from tollway.engine.grammar.gbnf import Rules, literal
from tollway.engine.grammar.json_schema import SchemaGrammar
from tollway.kit.ids import tool_call_id
from tollway.wire.chat_request import Tool
from tollway.wire.deltas import ToolCallDelta

MAX_PARALLEL_CALLS = 8

_BEFORE_NAME = '{"name": "'
_BEFORE_ARGUMENTS = '", "arguments": '


def calls_grammar(tools: Sequence[Tool], places: Sequence[str], *, parallel: bool) -> str:
    """Write the grammar of a list of calls of these functions: one, or as many as parallel calls allow.

    ``places`` are the paths of the functions' parameters in the request, for refusals.

    Raises:
        EngineRequestError: a function's parameters cannot be enforced.
    """
    rules = Rules()
    calls = [_call(rules, tool, place) for tool, place in zip(tools, places, strict=True)]
    call = rules.add(" | ".join(calls))
    more = f"({literal(', ')} {call}){{0,{MAX_PARALLEL_CALLS - 1}}}" if parallel else '""'
    return rules.text(f"{literal('[')} {call} {more} {literal(']')}")


def _call(rules: Rules, tool: Tool, place: str) -> str:
    # Arguments are an object whether or not the parameters say so.
    parameters = {"type": "object", **tool.function.parameters}
    arguments = SchemaGrammar(rules, parameters, place).expression()
    return f"{literal(_BEFORE_NAME + tool.function.name + _BEFORE_ARGUMENTS)} {arguments} {literal('}')}"


class ToolCallReader:
    """Reads what was written under ``calls_grammar``, in any pieces, and hands on arguments as they come."""

    def __init__(self) -> None:
        self._text = ""
        self._index = -1
        self._depth = 0
        self._in_string = False
        self._escaped = False

    @property
    def count(self) -> int:
        """Number of calls that have begun."""
        return self._index + 1

    def feed(self, piece: str) -> list[ToolCallDelta]:
        """Take the next piece and return what it adds to the calls."""
        self._text += piece
        deltas: list[ToolCallDelta] = []
        while self._text:
            delta = self._continue_arguments() if self._depth else self._begin_call()
            if delta is None:
                break
            deltas.append(delta)
        return deltas

    def _begin_call(self) -> ToolCallDelta | None:
        """Find the next call's name; what stands before it is punctuation."""
        start = self._text.find(_BEFORE_NAME)
        end = self._text.find(_BEFORE_ARGUMENTS + "{", start + len(_BEFORE_NAME)) if start >= 0 else -1
        if end < 0:
            return None
        name = self._text[start + len(_BEFORE_NAME) : end]
        self._text = self._text[end + len(_BEFORE_ARGUMENTS) + 1 :]
        self._index += 1
        self._depth = 1
        return ToolCallDelta(index=self._index, id=tool_call_id(), name=name, arguments="{")

    def _continue_arguments(self) -> ToolCallDelta:
        end = 0
        for end, character in enumerate(self._text, start=1):  # noqa: B007 - the position is used after the loop
            self._step(character)
            if not self._depth:
                break
        arguments, self._text = self._text[:end], self._text[end:]
        return ToolCallDelta(index=self._index, arguments=arguments)

    def _step(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif self._in_string:
            self._escaped = character == "\\"
            self._in_string = character != '"'
        elif character == '"':
            self._in_string = True
        elif character in "{[":
            self._depth += 1
        elif character in "}]":
            self._depth -= 1
