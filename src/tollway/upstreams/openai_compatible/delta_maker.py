"""From one decoded event of an upstream to one step of the answer."""

from collections.abc import Callable

from tollway.upstreams.openai_compatible.dialects import ReasoningReader
from tollway.upstreams.openai_compatible.event_types import AnswerChoice, AnswerEvent, MessagePiece
from tollway.upstreams.openai_compatible.finish_reasons import BrokenAnswerError, FinishWords
from tollway.upstreams.openai_compatible.token_counts import token_usage
from tollway.upstreams.openai_compatible.tool_calls import ToolCallNormaliser
from tollway.wire.deltas import Delta, FinishReason, TokenUsage, ToolCallDelta
from tollway.wire.estimation import utf8_length

_NOTHING = MessagePiece()


class DeltaMaker:
    """Follows one answer; each event gives exactly one ``Delta``, whatever it holds."""

    def __init__(
        self,
        reasoning: ReasoningReader,
        make_tool_call_id: Callable[[], str],
        finish_words: FinishWords | None = None,
    ) -> None:
        self._reasoning = reasoning
        self._finish_words = finish_words or FinishWords()
        self._tool_calls = ToolCallNormaliser(make_tool_call_id)
        self._reasoning_bytes = 0
        self._visible_bytes = 0
        self._has_id = False
        self.is_finished = False
        """Whether a finish reason was seen: the answer is complete, though usage may still follow."""

    def of_chunk(self, event: AnswerEvent) -> Delta:
        """Take the next chunk of a stream.

        Raises:
            BrokenAnswerError: the finish reason says that something failed.
            NamelessToolCallError: the answer ended with a tool call that has no name.
        """
        choice = _first(event.choices)
        if choice is None:
            return self._delta(event, None, _NOTHING, None)
        return self._delta(event, choice, choice.delta or _NOTHING, choice.finish_reason)

    def of_body(self, event: AnswerEvent) -> Delta:
        """Take a whole JSON answer.

        Raises:
            BrokenAnswerError: as above, or it does not say why it ended.
            NamelessToolCallError: as above.
        """
        choice = _first(event.choices) or AnswerChoice()
        message = choice.message or _NOTHING
        if not choice.finish_reason:
            raise BrokenAnswerError("no finish reason")
        return self._delta(event, choice, message, choice.finish_reason)

    def _delta(
        self, event: AnswerEvent, choice: AnswerChoice | None, message: MessagePiece, finish_word: str | None
    ) -> Delta:
        reasoning, content = self._reasoning.feed(message)
        calls: tuple[ToolCallDelta, ...] = ()
        if message.tool_calls or message.function_call is not None:
            calls = self._tool_calls.feed(message)
        finish: FinishReason | None = None
        if finish_word and not self.is_finished:
            finish = self._finish_words.reason(finish_word, has_tool_calls=self._tool_calls.has_calls)
            self._tool_calls.finish()
            self.is_finished = True
            last_reasoning, last_content = self._reasoning.finish()
            reasoning, content = reasoning + last_reasoning, content + last_content
        if reasoning:
            self._reasoning_bytes += utf8_length(reasoning)
        if content:
            self._visible_bytes += utf8_length(content)
        for call in calls:
            self._visible_bytes += utf8_length(call.arguments) + len(call.name or "")
        flag, block = None, event.usage
        if choice is not None:
            flag, block = choice.flag or None, block or choice.usage
        usage: TokenUsage | None = None
        if block is not None:
            usage = token_usage(block, reasoning_bytes=self._reasoning_bytes, visible_bytes=self._visible_bytes)
        given_id = None if self._has_id else self._first_id(event)
        return Delta(reasoning, content, calls, finish, flag, usage, given_id)

    def _first_id(self, event: AnswerEvent) -> str | None:
        if isinstance(event.id, str) and event.id:
            self._has_id = True
            return event.id
        return None


def _first(choices: list[AnswerChoice] | None) -> AnswerChoice | None:
    """Pick the one choice that was asked for; a server that gives more is not followed into the others."""
    for choice in choices or ():
        if not choice.index:
            return choice
    return None
