"""How the output limit is shared between thought and answer, and how each is asked for."""

import pytest

from tollway.engine.conversation import Turn
from tollway.engine.reasoning import Exchange, InstructFraming, NativeFraming, framing_of


async def _template(turns: list[Turn]) -> str:
    return "".join(f"[{turn['role']}]{turn['content']}" for turn in turns) + "[assistant]"


EXCHANGE = Exchange([{"role": "user", "content": "Hi"}], "[user]Hi[assistant]", "Now answer.")


@pytest.mark.parametrize(("limit", "budget"), [(1, 0), (2, 1), (3, 1), (100, 50), (512, 256), (8000, 256)])
def test_instruct_models_think_within_half_of_the_limit(limit: int, budget: int) -> None:
    assert InstructFraming().think_budget(limit) == budget


@pytest.mark.parametrize(("limit", "budget"), [(1, 0), (2, 1), (4, 3), (1000, 750)])
def test_thinking_models_leave_a_quarter_for_the_answer(limit: int, budget: int) -> None:
    assert NativeFraming().think_budget(limit) == budget


async def test_instruct_models_answer_in_a_turn_of_their_own() -> None:
    framing = framing_of(thinks=False)

    first = framing.think_prompt(EXCHANGE.prompt)
    second = await framing.answer_prompt(EXCHANGE, "Greet.", _template)

    assert second.startswith(first + "Greet.")
    assert second.endswith("</think>[user]Now answer.[assistant]")


async def test_thinking_models_answer_in_the_same_turn() -> None:
    framing = framing_of(thinks=True)

    assert framing.think_prompt("[assistant]") == "[assistant]<think>\n"
    assert framing.think_prompt("[assistant]<think>\n") == "[assistant]<think>\n"
    second = await framing.answer_prompt(EXCHANGE, "Greet.", _template)
    assert second == "[user]Hi[assistant]<think>\nGreet.\n</think>\n\n"
