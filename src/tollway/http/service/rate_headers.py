"""The headers that tell of a rate limit, as the inference endpoints send them."""

from tollway.keys.errors import RequestRateState


def rate_limit_headers(state: RequestRateState) -> dict[str, str]:
    """Say how many requests are left, of how many, and when all of them are back."""
    return {
        "x-ratelimit-limit-requests": str(state.limit_requests),
        "x-ratelimit-remaining-requests": str(state.remaining_requests),
        "x-ratelimit-reset-requests": str(state.reset_requests_s),
    }
