import pytest

from tollway.credits.pricing import Meters
from tollway.flows.complete_chat.tally import Counted, Tally
from tollway.upstreams.port import BadUpstreamError
from tollway.wire.deltas import Delta, TokenUsage, ToolCallDelta
from tollway.wire.estimation import estimate_tokens

FAIR_PROMPT = 17


def tally_of(*deltas: Delta) -> Tally:
    tally = Tally(FAIR_PROMPT)
    for delta in deltas:
        tally.add(delta)
    return tally


def test_meters_are_disjoint() -> None:
    counted = Counted(TokenUsage(13, 601, 323, 5), estimated=False)

    assert counted.meters == Meters(input=8, cached_input=5, output=278, reasoning=323)


def test_the_last_usage_of_the_upstream_counts() -> None:
    first, last = TokenUsage(13, 1), TokenUsage(13, 601, 323)
    tally = tally_of(Delta(reasoning="x", usage=first), Delta(content="y", usage=last), Delta(finish_reason="stop"))

    assert tally.counted() == Counted(last, estimated=False)
    assert tally.final_reason() == "stop"


def test_without_usage_the_text_is_estimated() -> None:
    call = ToolCallDelta(0, "call_1", "weather", '{"city":"Köln"}')
    tally = tally_of(
        Delta(reasoning="思考" * 10), Delta(reasoning="a"), Delta(content="héllo"), Delta(tool_calls=(call,))
    )
    reasoning = estimate_tokens(61)
    visible = estimate_tokens(6 + 7 + 16)

    assert tally.counted() == Counted(TokenUsage(FAIR_PROMPT, reasoning + visible, reasoning), estimated=True)


@pytest.mark.parametrize(
    "usage",
    [
        TokenUsage(-1, 5),
        TokenUsage(5, -1),
        TokenUsage(5, 5, 6),
        TokenUsage(5, 5, -1),
        TokenUsage(5, 5, 0, 6),
        TokenUsage(5, 5, 0, -1),
        TokenUsage(5, 0),  # Told before the text that then came.
    ],
)
def test_counts_that_cannot_be_are_not_billed(usage: TokenUsage) -> None:
    counted = tally_of(Delta(content="Hello", usage=usage)).counted()

    assert counted == Counted(TokenUsage(FAIR_PROMPT, estimate_tokens(5)), estimated=True)


def test_an_empty_answer_may_have_no_tokens() -> None:
    assert tally_of(Delta(usage=TokenUsage(5, 0))).counted() == Counted(TokenUsage(5, 0), estimated=False)


def test_an_end_without_a_reason_is_no_stop() -> None:
    with pytest.raises(BadUpstreamError):
        tally_of(Delta(content="Hello")).final_reason()


@pytest.mark.parametrize(
    ("delta", "received"),
    [
        (Delta(), False),
        (Delta(upstream_id="as-1", finish_reason="stop"), False),
        (Delta(content="a"), True),
        (Delta(reasoning="a"), True),
        (Delta(tool_calls=(ToolCallDelta(0, "c", "f"),)), True),
        (Delta(usage=TokenUsage(1, 1)), True),
    ],
)
def test_whether_anything_was_received(delta: Delta, received: bool) -> None:
    assert tally_of(delta).received_anything is received


def test_flag_and_id_are_kept() -> None:
    tally = tally_of(Delta(upstream_id="as-0123456789"), Delta(flag=3), Delta(content="a", flag=0))

    assert (tally.upstream_id, tally.flag) == ("as-0123456789", 3)
