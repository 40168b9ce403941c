"""One answer of the engine: a thought, then text, JSON or calls of functions, as a stream of deltas."""

from collections.abc import AsyncIterator
from typing import Any

from tollway.engine.client import Completion, EngineClient, Piece
from tollway.engine.conversation import Turn
from tollway.engine.errors import EngineRequestError
from tollway.engine.plan import AnswerForm, AnswerPlan
from tollway.engine.reasoning import FRAME_TOKENS, Exchange, framing_of
from tollway.engine.slots import SlotLease
from tollway.engine.supervisor import Endpoint
from tollway.engine.tags import THINK_TAGS, TagStripper
from tollway.engine.tool_calls import ToolCallReader
from tollway.wire.deltas import Delta, FinishReason, TokenUsage

_LONGEST_TOKEN_BYTES = 128
"""No vocabulary in use has a longer token, so that a prompt may be refused by its length without counting."""

_YES_OR_NO = 'root ::= "Yes" | "No"'
_YES_OR_NO_TOKENS = 4
_GREEDY = 0.0


class Generation:
    """Holds a slot from its start to its end.

    Token counts are llama.cpp's own, so every delta carries the exact usage until then. Prompt tokens are those of
    the conversation as the weights' template writes it: what the think phase adds to the prompts is not counted, nor
    is the question whether a function is needed.
    """

    def __init__(
        self, client: EngineClient, endpoint: Endpoint, plan: AnswerPlan, max_output_tokens: int, lease: SlotLease
    ) -> None:
        self._client = client
        self._facts = endpoint.facts
        self._framing = framing_of(thinks=endpoint.facts.thinks)
        self._plan = plan
        self._limit = max_output_tokens
        self._lease = lease
        self._completion: Completion | None = None
        self._prompt_tokens = 0
        self._think_tokens = 0
        self._form: AnswerForm | None = plan.form
        self._steps: AsyncIterator[list[Delta]] | None = None
        self._over = False

    async def begin(self) -> None:
        """Do what may refuse the request, and begin the first completion; after a failure the slot is still held.

        Raises:
            EngineError: the request does not fit, or the engine is gone.
        """
        try:
            self._form = await self._choose_form()
            exchange = await self._prepare()
            budget = self._framing.think_budget(self._limit)
            prompt = self._framing.think_prompt(exchange.prompt) if budget else exchange.prompt
            first = self._think_body(prompt, budget) if budget else self._answer_body(prompt)
            self._completion = await self._client.complete(first)
        except BaseException:
            self._close_completion()
            raise
        self._steps = self._run(exchange, thinks=budget > 0)

    async def next(self) -> list[Delta]:
        """Return the next deltas, or none at the complete end.

        Raises:
            EngineError: the engine broke off.
        """
        assert self._steps is not None
        if self._over:
            return []
        try:
            deltas: list[Delta] = await anext(self._steps, [])
        except BaseException:
            self.close()
            raise
        if not deltas:
            self.close()
        return deltas

    def close(self) -> None:
        """End the generation at once, if it is not over, and free the slot; may be called twice."""
        self._over = True
        self._close_completion()
        self._lease.release()

    def _close_completion(self) -> None:
        if self._completion is not None:
            self._completion.close()

    async def _choose_form(self) -> AnswerForm:
        calls, form, question = self._plan.calls, self._plan.form, self._plan.question
        if form is None or (calls is not None and question is not None and await self._is_yes(question)):
            assert calls is not None
            return calls
        return form

    async def _is_yes(self, question: list[Turn]) -> bool:
        body = {
            "prompt": await self._client.template(question),
            "grammar": _YES_OR_NO,
            "n_predict": _YES_OR_NO_TOKENS,
            "temperature": _GREEDY,
            "id_slot": self._lease.slot.index,
        }
        self._completion = await self._client.complete(body)
        said = "".join([piece.content async for piece in self._pieces()])
        return said.startswith("Y")

    async def _prepare(self) -> Exchange:
        """Write and measure the prompt, and lower the output limit to what fits beside it."""
        room = self._facts.context_tokens - FRAME_TOKENS
        size_bytes = sum(len(turn["content"]) for turn in self._plan.turns)
        if size_bytes > self._facts.context_tokens * _LONGEST_TOKEN_BYTES:
            raise self._overflow("far more")
        prompt = await self._client.template(self._plan.turns)
        self._prompt_tokens = await self._client.count_tokens(prompt)
        if self._prompt_tokens >= room:
            raise self._overflow(str(self._prompt_tokens))
        self._limit = min(self._limit, room - self._prompt_tokens)
        assert self._form is not None
        return Exchange(self._plan.turns, prompt, self._form.request)

    def _overflow(self, came: str) -> EngineRequestError:
        limit = self._facts.context_tokens
        return EngineRequestError(
            f"The embedded engine, which answers for this model, takes at most {limit} tokens of messages, tools and "
            f"answer together, whatever the model itself takes; the messages and tools have {came}.",
            code="context_length_exceeded",
            param="messages",
        )

    async def _run(self, exchange: Exchange, *, thinks: bool) -> AsyncIterator[list[Delta]]:
        if thinks:
            pieces: list[str] = []
            async for deltas in self._think(pieces):
                yield deltas
            thought = "".join(pieces).strip()
            prompt = exchange.prompt
            if thought:
                prompt = await self._framing.answer_prompt(exchange, thought, self._client.template)
            self._completion = await self._client.complete(self._answer_body(prompt))
        assert self._form is not None
        reader = _CallsForm() if self._form.kind == "calls" else _TextForm(strip_tags=self._form.kind == "text")
        async for piece in self._pieces():
            delta = reader.read(piece)
            yield [
                Delta(
                    content=delta.content,
                    tool_calls=delta.tool_calls,
                    finish_reason=delta.finish_reason,
                    usage=self._usage(piece.tokens_predicted),
                )
            ]

    async def _think(self, pieces: list[str]) -> AsyncIterator[list[Delta]]:
        async for piece in self._pieces():
            self._think_tokens = piece.tokens_predicted
            text = piece.content if pieces else piece.content.lstrip()
            if text:
                pieces.append(text)
            yield [Delta(reasoning=text, usage=self._usage(0))]

    async def _pieces(self) -> AsyncIterator[Piece]:
        """Read the running completion to its end."""
        assert self._completion is not None
        while True:
            for piece in await self._completion.next():
                yield piece
                if piece.stop:
                    self._completion.close()
                    return

    def _usage(self, answer_tokens: int) -> TokenUsage:
        return TokenUsage(
            prompt_tokens=self._prompt_tokens,
            completion_tokens=self._think_tokens + answer_tokens,
            reasoning_tokens=self._think_tokens,
        )

    def _think_body(self, prompt: str, budget: int) -> dict[str, Any]:
        return self._body(prompt, budget, stop=list(THINK_TAGS))

    def _answer_body(self, prompt: str) -> dict[str, Any]:
        assert self._form is not None
        stop = [] if self._form.kind == "calls" else list(self._plan.stop)
        return self._body(prompt, self._limit - self._think_tokens, stop=stop, grammar=self._form.grammar)

    def _body(self, prompt: str, tokens: int, **more: object) -> dict[str, Any]:
        return {
            **self._plan.sampling,
            **more,
            "prompt": prompt,
            "n_predict": tokens,
            "logit_bias": [[token, False] for token in self._facts.turn_tokens],
            "id_slot": self._lease.slot.index,
        }


class _TextForm:
    """Reads an answer in words or JSON; ``strip_tags`` removes tags of the think phase that the model echoes."""

    def __init__(self, *, strip_tags: bool) -> None:
        self._stripper = TagStripper() if strip_tags else None

    def read(self, piece: Piece) -> Delta:
        text = self._stripper.feed(piece.content) if self._stripper else piece.content
        if not piece.stop:
            return Delta(content=text)
        text += self._stripper.flush() if self._stripper else ""
        return Delta(content=text, finish_reason=_finish_reason(piece))


class _CallsForm:
    """Reads calls of functions."""

    def __init__(self) -> None:
        self._reader = ToolCallReader()

    def read(self, piece: Piece) -> Delta:
        calls = tuple(self._reader.feed(piece.content))
        if not piece.stop:
            return Delta(tool_calls=calls)
        reason = _finish_reason(piece)
        return Delta(tool_calls=calls, finish_reason="tool_calls" if reason == "stop" else reason)


def _finish_reason(piece: Piece) -> FinishReason:
    return "length" if piece.stop_type == "limit" else "stop"
