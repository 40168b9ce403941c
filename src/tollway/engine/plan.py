"""What a request asks of the engine, worked out before anything is computed."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import UNSET, Struct

from tollway.engine.conversation import (
    Turn,
    describe_schema,
    describe_tools,
    needs_function_question,
    turns_of,
)
from tollway.engine.errors import EngineRequestError
from tollway.engine.grammar.gbnf import FREE_TEXT, Rules
from tollway.engine.grammar.json_schema import ANY_DEPTH, SchemaGrammar
from tollway.engine.tool_calls import calls_grammar
from tollway.wire.chat_request import (
    ChatRequest,
    JsonObjectFormat,
    JsonSchemaFormat,
    NamedToolChoice,
    Tool,
    ToolMessage,
)

AnswerKind = Literal["text", "json", "calls"]

# Small instruct models wander at the temperature of 1 that larger ones are tuned for, and repeat themselves near 0.
_DEFAULT_TEMPERATURE = 0.5
_DEFAULT_TOP_P = 0.9
_REPEAT_PENALTY = 1.05
_LARGEST_SEED = 2**32 - 1
"""llama.cpp's seeds have 32 bits, and the highest one means a random seed."""


class AnswerForm(Struct, frozen=True):
    """How the visible part must look: a grammar, and the words that ask for it."""

    kind: AnswerKind
    grammar: str
    request: str


class AnswerPlan(Struct, frozen=True, kw_only=True):
    """One request, ready for the engine.

    Attributes:
        turns: the conversation.
        form: how the answer looks, unless calls take its place.
        calls: how calls of functions look, where the request allows them.
        question: whether a function is needed; asked first where the model has the choice, else None.
        sampling: parameters of every completion.
        stop: sequences at which visible content ends.
    """

    turns: list[Turn]
    form: AnswerForm | None
    calls: AnswerForm | None
    question: list[Turn] | None
    sampling: dict[str, Any]
    stop: tuple[str, ...]

    @property
    def affinity(self) -> str:
        """Text that begins alike for requests that continue one conversation."""
        return "\0".join(turn["content"] for turn in self.turns)


def plan_answer(request: ChatRequest) -> AnswerPlan:
    """Work out what a request asks.

    Raises:
        EngineRequestError: it asks for something that the engine cannot do.
    """
    calls = _calls(request)
    forced = request.tool_choice == "required" or isinstance(request.tool_choice, NamedToolChoice)
    form, said = (None, "") if calls and forced else _form(request)
    instructions = [describe_tools(request.tools)] if calls and request.tools is not UNSET else []
    # A function's result asks for an answer in words: a small model would otherwise call on without an end.
    answers_result = isinstance(request.messages[-1], ToolMessage)
    asks = calls is not None and not forced and not answers_result and request.tools is not UNSET
    return AnswerPlan(
        turns=turns_of(request, "\n\n".join([*instructions, *([said] if said else [])])),
        form=form,
        calls=calls if forced or asks else None,
        question=needs_function_question(request, request.tools) if asks and request.tools is not UNSET else None,
        sampling=_sampling(request),
        stop=request.stop_sequences,
    )


def _form(request: ChatRequest) -> tuple[AnswerForm, str]:
    match request.response_format:
        case JsonObjectFormat():
            rules = Rules()
            grammar = rules.text(rules.any_object(ANY_DEPTH))
            return AnswerForm("json", grammar, "Now answer my message as a JSON object."), describe_schema(None)
        case JsonSchemaFormat(json_schema=asked):
            schema = {} if asked.schema is UNSET else asked.schema
            rules = Rules()
            place = "response_format.json_schema.schema"
            grammar = rules.text(SchemaGrammar(rules, schema, place).expression())
            return AnswerForm("json", grammar, "Now answer my message as JSON."), describe_schema(schema)
        case _:
            return AnswerForm("text", FREE_TEXT, "Now answer my message."), ""


def _calls(request: ChatRequest) -> AnswerForm | None:
    """Write how calls look, or None where the request has no functions or wants none called."""
    tools: Sequence[Tool] = request.tools if request.tools is not UNSET else ()
    if not tools:
        if request.tool_choice == "required" or isinstance(request.tool_choice, NamedToolChoice):
            raise EngineRequestError(
                "tool_choice asks for a call, but there are no tools.", code="no_tools", param="tools"
            )
        return None
    if request.tool_choice == "none":
        return None
    places = {index: f"tools[{index}].function.parameters" for index in range(len(tools))}
    if isinstance(request.tool_choice, NamedToolChoice):
        wanted = request.tool_choice.function.name
        places = {index: place for index, place in places.items() if tools[index].function.name == wanted}
        if not places:
            raise EngineRequestError(
                f"tool_choice names {wanted!r}, which is none of the tools.", code="unknown_tool", param="tool_choice"
            )
    chosen = [tools[index] for index in places]
    grammar = calls_grammar(chosen, list(places.values()), parallel=request.parallel_tool_calls is not False)
    names = " or ".join(tool.function.name for tool in chosen)
    return AnswerForm("calls", grammar, f"Now call {names} to answer my message.")


def _sampling(request: ChatRequest) -> dict[str, Any]:
    sampling: dict[str, Any] = {
        "temperature": request.temperature if request.temperature is not UNSET else _DEFAULT_TEMPERATURE,
        "top_p": request.top_p if request.top_p is not UNSET else _DEFAULT_TOP_P,
        "repeat_penalty": _REPEAT_PENALTY,
        "cache_prompt": True,
    }
    if isinstance(request.frequency_penalty, float | int):
        sampling["frequency_penalty"] = request.frequency_penalty
    if isinstance(request.presence_penalty, float | int):
        sampling["presence_penalty"] = request.presence_penalty
    if request.seed is not UNSET:
        sampling["seed"] = request.seed % _LARGEST_SEED
    return sampling
