"""The request body of ``POST /v1/chat/completions`` as types that validate.

Field names, limits and which objects refuse unknown fields follow the contract's OpenAPI file for the model; the
limits that it writes only in prose are enforced here too. A field that may be left out is ``UNSET`` when it was.

Objects of several kinds at one place are told apart by a tag. Where one kind alone is possible, its ``type`` is a field
of its own, because a tag that decides nothing would not be required.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

# The look-ahead keeps out a final line break, which Python lets `$` pass over.
ToolName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$(?!\n)")]
OutputLimit = Annotated[float, Meta(ge=1)] | Annotated[int, Meta(ge=1)]
Penalty = Annotated[float, Meta(ge=-2, le=2)]


class TextPart(Struct, tag_field="type", tag="text"):
    """A piece of text in a message."""

    text: str


class SoleTextPart(TextPart, tag=False):
    """A piece of text where there may be nothing else."""

    type: Literal["text"]


class ImageUrl(Struct, omit_defaults=True):
    """Where an image is: an address or a ``data:`` URL."""

    url: str
    detail: Literal["low", "high", "auto"] | UnsetType = UNSET


class ImagePart(Struct, tag_field="type", tag="image_url"):
    """An image in a message, for models that take images."""

    image_url: ImageUrl


class FileData(Struct, omit_defaults=True):
    """A document carried in the message itself."""

    file_data: str | UnsetType = UNSET
    filename: str | UnsetType = UNSET


class FilePart(Struct, tag_field="type", tag="file"):
    """A document in a message, for models that take them."""

    file: FileData


class RefusalPart(Struct, tag_field="type", tag="refusal"):
    """The text with which an earlier turn of the assistant refused."""

    refusal: str


class FunctionCall(Struct):
    """The function that the assistant called, its arguments as JSON text."""

    name: str
    arguments: str


class ToolCall(Struct):
    """One call of a tool in an earlier turn of the assistant."""

    id: str
    type: Literal["function"]
    function: FunctionCall


class UserMessage(Struct, tag_field="role", tag="user", omit_defaults=True):
    """What the user says."""

    content: str | list[TextPart | ImagePart | FilePart]
    name: str | UnsetType = UNSET


class SystemMessage(Struct, tag_field="role", tag="system", omit_defaults=True, forbid_unknown_fields=True):
    """Instructions that stand above the conversation."""

    content: str | list[SoleTextPart]
    name: str | UnsetType = UNSET


class ToolMessage(Struct, tag_field="role", tag="tool", omit_defaults=True, forbid_unknown_fields=True):
    """What a tool answered to the call named by ``tool_call_id``."""

    content: str
    tool_call_id: str
    name: str | UnsetType | None = UNSET


class AssistantMessage(Struct, tag_field="role", tag="assistant", omit_defaults=True):
    """An earlier turn of the assistant; content is required unless there are tool calls."""

    content: str | list[TextPart | RefusalPart] | UnsetType | None = UNSET
    name: str | UnsetType = UNSET
    tool_calls: list[ToolCall] | UnsetType = UNSET
    refusal: str | UnsetType | None = UNSET
    reasoning_content: str | UnsetType | None = UNSET


Message = UserMessage | SystemMessage | ToolMessage | AssistantMessage


class StreamOptions(Struct):
    """What a stream carries beside the answer."""

    include_usage: bool


class FunctionDefinition(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A function that the model may call; ``parameters`` is a JSON Schema."""

    name: ToolName
    parameters: dict[str, Any]
    description: str | UnsetType = UNSET
    strict: bool | UnsetType | None = UNSET


class Tool(Struct, forbid_unknown_fields=True):
    """A tool that the model may call; functions are the only kind."""

    type: Literal["function"]
    function: FunctionDefinition


class FunctionName(Struct):
    """The name of one of the request's functions."""

    name: str


class NamedToolChoice(Struct):
    """Forces the model to call the named function."""

    type: Literal["function"]
    function: FunctionName


class Prediction(Struct):
    """Text that the answer will probably repeat."""

    type: Literal["content"]
    content: str | list[SoleTextPart]


class TextFormat(Struct, tag_field="type", tag="text", forbid_unknown_fields=True):
    """The answer is free text."""


class JsonObjectFormat(Struct, tag_field="type", tag="json_object", forbid_unknown_fields=True):
    """The answer is a JSON object."""


class JsonSchema(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A named JSON Schema for the answer."""

    name: ToolName
    schema: dict[str, Any] | UnsetType = UNSET
    strict: bool | UnsetType | None = UNSET
    description: str | UnsetType = UNSET


class JsonSchemaFormat(Struct, tag_field="type", tag="json_schema", forbid_unknown_fields=True):
    """The answer is JSON that follows a schema."""

    json_schema: JsonSchema


class ChatRequest(Struct, omit_defaults=True, kw_only=True):
    """One request for a chat completion, valid in itself; what the chosen model takes is checked elsewhere."""

    model: str
    messages: Annotated[list[Message], Meta(min_length=1)]
    max_completion_tokens: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    max_tokens: OutputLimit | UnsetType = UNSET
    stream: bool | UnsetType = UNSET
    stream_options: StreamOptions | UnsetType = UNSET
    tools: Annotated[list[Tool], Meta(max_length=128)] | UnsetType = UNSET
    tool_choice: Literal["none", "auto", "required"] | NamedToolChoice | UnsetType = UNSET
    parallel_tool_calls: bool | UnsetType = UNSET
    temperature: Annotated[float, Meta(ge=0, le=2)] | UnsetType = UNSET
    top_p: Annotated[float, Meta(ge=0.01, le=1)] | UnsetType = UNSET
    stop: str | Annotated[list[str], Meta(max_length=4)] | UnsetType | None = UNSET
    frequency_penalty: Penalty | UnsetType | None = UNSET
    prediction: Prediction | UnsetType = UNSET
    presence_penalty: Penalty | UnsetType | None = UNSET
    seed: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    response_format: TextFormat | JsonObjectFormat | JsonSchemaFormat | UnsetType = UNSET

    @property
    def is_stream(self) -> bool:
        """Whether the answer is to be streamed."""
        return self.stream is True

    @property
    def wants_usage_chunk(self) -> bool:
        """Whether the stream ends with one more chunk that carries the usage."""
        return isinstance(self.stream_options, StreamOptions) and self.stream_options.include_usage

    @property
    def output_limit(self) -> int | None:
        """The caller's limit of reasoning and visible tokens together; ``max_completion_tokens`` wins."""
        if self.max_completion_tokens is not UNSET:
            return self.max_completion_tokens
        return int(self.max_tokens) if self.max_tokens is not UNSET else None

    @property
    def stop_sequences(self) -> tuple[str, ...]:
        """The sequences at which visible content ends; empty strings stop nothing."""
        if isinstance(self.stop, str):
            return (self.stop,) if self.stop else ()
        return tuple(text for text in self.stop if text) if isinstance(self.stop, list) else ()
