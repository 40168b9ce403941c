"""The billing endpoints as a caller meets them: a real ledger and database behind the app."""

from typing import Any

import httpx

from tests.support.contract import response_validator, validate_error
from tests.support.ledger import hold_request, usage_row
from tests.support.service_world import ServiceWorld
from tollway.credits.types import Charge

OWNER = "owner@example.com"
OTHER = "other@example.com"
TRANSACTIONS = "/v2/billing/transactions"
validate_balance = response_validator("billing-v2.json", "/v2/billing")
validate_detail = response_validator("billing-detail-v2.json", "/v2/billing/detail")
validate_plan = response_validator("billing-balance-v1.json", "/v1/billing/balance")
validate_transactions = response_validator("billing-transactions-v2.json", TRANSACTIONS)


async def get(world: ServiceWorld, key: str, path: str, **query: Any) -> httpx.Response:  # noqa: ANN401 - any parameter
    return await world.client.get(path, params=query, headers=world.auth(key))


def refused(answer: httpx.Response, status: int, *words: str) -> str:
    """The message of a refusal in the contract's form, with these words in it."""
    body = answer.json()
    assert answer.status_code == status, body
    validate_error(body)
    assert all(word in body["message"] for word in words), body["message"]
    message: str = body["message"]
    return message


async def charge(world: ServiceWorld, account_id: int, key_id: int, amount_credits: int) -> str:
    hold = await world.ledger.hold(
        hold_request(account_id=account_id, key_id=key_id, output_tokens=max(amount_credits, 1))
    )
    await world.ledger.settle(hold, Charge(amount_credits, 0), usage_row(hold, charged=amount_credits))
    return hold.inference_id
