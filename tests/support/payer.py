"""Somebody who pays a real server through a scripted Stripe."""

from typing import Any

from tests.support.gateway import Gateway
from tests.support.scripted_stripe import API_KEY, WEBHOOK_SECRET, ScriptedStripe, sign
from tests.support.served import plain_client
from tollway.payments.stripe.configuration import SECRET_KEY_VARIABLE, WEBHOOK_SECRET_VARIABLE

ENVIRONMENT = {SECRET_KEY_VARIABLE: API_KEY, WEBHOOK_SECRET_VARIABLE: WEBHOOK_SECRET}
"""What a server that takes payments finds in its environment."""


def paid_through(stripe: ScriptedStripe) -> str:
    """Return the settings of a server that takes payments through it."""
    return f'[payments]\nstripe_api_url = "{stripe.origin}"\n'


class Payer:
    """Somebody who calls a server with a management key, and Stripe, which calls it too."""

    def __init__(self, server: Gateway, stripe: ScriptedStripe, key: str) -> None:
        self._server = server
        self._stripe = stripe
        self._headers = {"authorization": f"Bearer {key}"}

    async def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        async with plain_client(self._server.url, self._headers) as client:
            answer = await client.request(method, path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def pay(self, amount: float) -> str:
        """Pay on a page, let Stripe tell of it, and return the payment's id."""
        begun = await self.ask("POST", "/v2/billing/checkout", {"amount": amount, "save_method": True})
        for event in self._stripe.pay(begun["url"].rpartition("/")[2]):
            async with plain_client(self._server.url) as client:
                answer = await client.post(
                    "/v2/billing/webhooks/stripe", content=event, headers={"stripe-signature": sign(event)}
                )
            assert answer.status_code == 200, answer.text
        return str(begun["payment_id"])
