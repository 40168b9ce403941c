"""What the gateway and the engine's process say to each other: one JSON line each way, then silence."""

from msgspec import Struct


class WorkerParameters(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set of the engine: nothing else reaches llama.cpp.

    Attributes:
        weights: path of the GGUF file.
        api_key: what every request to the engine must carry.
        slots: requests that are answered at once.
        context_tokens: context of one slot.
        threads: threads of the engine; None takes all cores but one.
        chat_template: instead of the one in the weights; None in production.
    """

    weights: str
    api_key: str
    slots: int
    context_tokens: int
    threads: int | None = None
    chat_template: str | None = None


class WorkerFacts(Struct, frozen=True, kw_only=True):
    """What the process says once it answers.

    Attributes:
        port: where it listens on loopback.
        context_tokens: context of one slot; less than asked for when the weights have less.
        thinks: whether the weights' chat template knows a think phase.
        turn_tokens: ids of tokens that begin a turn and must never be written inside one.
    """

    port: int
    context_tokens: int
    thinks: bool
    turn_tokens: tuple[int, ...] = ()
