"""The think phase: how much of the output it may take, and how the answer is asked for after it.

Two completions make one answer. The first one writes the thought, the second one the answer, with the thought in its
prompt: so counts, stops and grammars belong to one phase each, and the second finds most of its prompt computed.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from tollway.engine.conversation import Turn
from tollway.engine.tags import THINK_CLOSE, THINK_OPEN

STAND_IN_THINK_TOKENS = 256
"""Longest thought of a model that was not trained to think; further ones only repeat."""

FRAME_TOKENS = 64
"""Tokens that the think phase adds to the prompt beside the thought: tags, and the words that ask for the answer."""


Template = Callable[[list[Turn]], Awaitable[str]]
"""Writes turns as the prompt of the weights' chat template."""


class Exchange(Struct, frozen=True):
    """A conversation, its prompt, and the words that ask for the answer after the thought."""

    turns: list[Turn]
    prompt: str
    request: str


class Framing(Protocol):
    """How a model is made to think first and to answer then."""

    def think_budget(self, output_limit: int) -> int:
        """Return how many tokens the thought may have; 0 leaves it out."""
        ...

    def think_prompt(self, prompt: str) -> str:
        """Write the prompt of the first completion."""
        ...

    async def answer_prompt(self, exchange: Exchange, thought: str, template: Template) -> str:
        """Write the prompt of the second completion."""
        ...


class InstructFraming:
    """For models that were not trained to think: the thought is a turn of its own, then the answer is asked for.

    An answer in the same turn, behind a closing tag, mostly begins in the middle of nothing: such models have never
    seen one.
    """

    def think_budget(self, output_limit: int) -> int:
        """Return at most half of the output limit and at most ``STAND_IN_THINK_TOKENS``."""
        return min(output_limit // 2, STAND_IN_THINK_TOKENS)

    def think_prompt(self, prompt: str) -> str:
        """Open the think phase in the assistant's turn."""
        return f"{prompt}{THINK_OPEN}\n"

    async def answer_prompt(self, exchange: Exchange, thought: str, template: Template) -> str:
        """Put the thought into a turn of the assistant, and ask for the answer in a turn of the user."""
        return await template(
            [
                *exchange.turns,
                {"role": "assistant", "content": f"{THINK_OPEN}\n{thought}\n{THINK_CLOSE}"},
                {"role": "user", "content": exchange.request},
            ]
        )


class NativeFraming:
    """For models that think by themselves, in the form that their own chat template has."""

    def think_budget(self, output_limit: int) -> int:
        """Return three quarters of the output limit: what is left is for the answer even if thinking is cut."""
        return output_limit - -(-output_limit // 4)

    def think_prompt(self, prompt: str) -> str:
        """Open the think phase, unless the template has opened it already."""
        return prompt if prompt.rstrip().endswith(THINK_OPEN) else f"{prompt}{THINK_OPEN}\n"

    async def answer_prompt(self, exchange: Exchange, thought: str, template: Template) -> str:  # noqa: ARG002
        """Close the think phase behind the thought, in the same turn."""
        return f"{self.think_prompt(exchange.prompt)}{thought}\n{THINK_CLOSE}\n\n"


def framing_of(*, thinks: bool) -> Framing:
    """Choose by whether the weights' chat template knows a think phase."""
    return NativeFraming() if thinks else InstructFraming()
