"""What the catalogue knows of a model."""

from typing import Literal

from msgspec import Struct

CHAT_TYPE = "openai/chat-completions"


class Price(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prices of a model in nano-USD per token; ``cached_input_nanousd`` costs what input costs unless set."""

    input_nanousd: int
    output_nanousd: int
    reasoning_nanousd: int = 0
    cached_input_nanousd: int | None = None


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of the catalogue.

    Attributes:
        id: the name callers use, such as ``baidu/ernie-x1-turbo-32k``.
        name: its name for people.
        developer: who made it.
        description: one or two sentences.
        aliases: other names it can be requested under.
        context_length: tokens of prompt and answer together.
        output_max: most tokens that one answer may have.
        default_output_tokens: cap of an answer when the caller names none.
        input_modalities: ``text``, and ``image`` for models that take images.
        capabilities: declared ones, such as ``streaming``, ``tools``, ``reasoning``.
        tags: free words for filters.
        roles: message roles that it takes.
        unsupported_parameters: fields of the chat schema that this model does not take (400).
        passed_on: fields beyond the chat schema that are handed to the upstream.
        price: None when unknown: then the model is listed and cannot be called.
        successor: for a deprecated model, the id of the one to use instead; such a model answers 404.
        stand_in: whether the embedded engine may answer for it while no upstream of its own is configured.
    """

    id: str
    name: str
    developer: str
    description: str
    context_length: int
    output_max: int
    default_output_tokens: int
    type: Literal["openai/chat-completions"] = "openai/chat-completions"
    aliases: tuple[str, ...] = ()
    released_at: str | None = None
    input_modalities: tuple[Literal["text", "image"], ...] = ("text",)
    output_modalities: tuple[Literal["text"], ...] = ("text",)
    capabilities: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    roles: tuple[Literal["system", "user", "assistant", "tool"], ...] = ("system", "user", "assistant", "tool")
    unsupported_parameters: tuple[str, ...] = ()
    passed_on: tuple[str, ...] = ()
    price: Price | None = None
    successor: str | None = None
    stand_in: bool = False
    enabled: bool = True

    @property
    def bare_name(self) -> str:
        """The id without the developer's part, as answers carry it in ``model``."""
        return self.id.rpartition("/")[2]
