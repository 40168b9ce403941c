"""How much is set aside for a request, or whether it is refused. Pure arithmetic."""

from tollway.credits.pricing import affordable_output_tokens, bound_credits
from tollway.credits.types import HoldRequest

Admitted = tuple[int, int, str]
"""The credits to hold, the output tokens that they pay for, and the policy that led there."""


def admit(request: HoldRequest, available_credits: int) -> Admitted | None:
    """Say what to hold; None when the credits do not suffice.

    An explicit output limit is granted in full or refused; the model's own cap is lowered to what can be paid, as long
    as one token is left. The prompt counts with its upper bound, or, where that alone would refuse the request, with
    its fair estimate. What costs nothing is always admitted.
    """
    card, wanted = request.rate_card, request.output_tokens
    amount = bound_credits(request.prompt_upper_tokens, wanted, card)
    if amount <= available_credits or amount == 0:
        return amount, wanted, "explicit" if request.output_is_explicit else "default"
    if request.output_is_explicit:
        amount = bound_credits(request.prompt_fair_tokens, wanted, card)
        return (amount, wanted, "relaxed") if amount <= available_credits else None
    for prompt_tokens in (request.prompt_upper_tokens, request.prompt_fair_tokens):
        affordable = affordable_output_tokens(prompt_tokens, available_credits, card)
        tokens = wanted if affordable is None else min(affordable, wanted)
        if tokens >= 1:
            policy = "clamped" if prompt_tokens == request.prompt_upper_tokens else "relaxed"
            return bound_credits(prompt_tokens, tokens, card), tokens, policy
    return None


def least_credits(request: HoldRequest) -> int:
    """Return the fewest credits with which the request would have been admitted."""
    tokens = request.output_tokens if request.output_is_explicit else 1
    return bound_credits(request.prompt_fair_tokens, tokens, request.rate_card)
