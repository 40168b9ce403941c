"""What operators do in the page: money goes back, and what others use is switched off only after a question."""

import asyncio
from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio
import requests
from playwright.async_api import Locator, Page, expect

from tests.e2e.conftest import OpenPage
from tests.support.browser import IN_BROWSER
from tests.support.gateway import FLAGSHIP, Gateway, upstream_settings
from tests.support.looks import assert_accessible, take_pictures
from tests.support.payer import ENVIRONMENT, Payer, paid_through
from tests.support.scripted_stripe import ScriptedStripe
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.web_person import first_person, new_person, sign_in

pytestmark = IN_BROWSER

_keys = count(1)
_DEADLINE_S = 30.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stripe() -> AsyncIterator[ScriptedStripe]:
    async with ScriptedStripe() as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(
    built_app: None,  # noqa: ARG001 - It is only asked to be there.
    tmp_path_factory: pytest.TempPathFactory,
    scripted_upstream: ScriptedUpstream,
    stripe: ScriptedStripe,
) -> AsyncIterator[Gateway]:
    """A server of its own that takes payments: what an operator switches off would be missed by others."""
    settings = upstream_settings(scripted_upstream.base_url, more=paid_through(stripe))
    async with Gateway(tmp_path_factory.mktemp("operator"), settings=settings, environment=ENVIRONMENT) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="session")
async def operator(open_page: OpenPage, server: Gateway) -> Page:
    """A page in which the operator is signed in."""
    page = await open_page(server.url)
    await sign_in(page, first_person(server), "/operator")
    return page


async def ask(page: Page, switch: Locator, question: str) -> Locator:
    """Press a switch that is on, and return the question that it asks instead of switching."""
    await expect(switch).to_be_checked()
    await switch.click()
    dialog = page.get_by_role("dialog", name=question)
    await expect(dialog).to_be_visible()
    await expect(switch).to_be_checked()
    return dialog


async def new_key(server: Gateway, email: str) -> str:
    """Make a key of an account."""
    made = await server.command("key", "create", "--account", email, "--name", f"key-{next(_keys)}")
    key: str = made["key"]
    return key


async def until_status(server: Gateway, key: str, wanted: int) -> None:
    """Call the flagship until the answer has a status: changes hold within a second."""
    async with asyncio.timeout(_DEADLINE_S):
        while await call(server, key) != wanted:  # noqa: ASYNC110 - Nothing tells when.
            await asyncio.sleep(0.1)


async def call(server: Gateway, key: str) -> int:
    """Call the flagship, and return the status of the answer."""
    body = {"model": FLAGSHIP, "messages": [{"role": "user", "content": "script:thinker"}]}
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{server.url}/v1/chat/completions"
    answer = await asyncio.to_thread(requests.post, url, headers=headers, json=body, timeout=30)
    return answer.status_code


async def test_a_payment_is_given_back_in_the_page(operator: Page, server: Gateway, stripe: ScriptedStripe) -> None:
    person = await new_person(server, credits_granted=0)
    management_key = (await server.command("key", "create", "--account", person.email, "--management"))["key"]
    payer = Payer(server, stripe, management_key)
    payment = await payer.pay(25)
    await operator.get_by_role("link", name="Payments").click()
    row = operator.get_by_role("row", name=payment)
    await expect(row).to_contain_text("Paid")
    await assert_accessible(operator)
    await take_pictures(operator, "operator-payment")

    await row.get_by_role("button", name="Refund").click()
    dialog = operator.get_by_role("dialog")
    await expect(dialog).to_contain_text("$25")
    await assert_accessible(operator)
    await dialog.get_by_role("button", name="Refund").click()

    await expect(dialog).to_be_hidden()
    await expect(row).to_contain_text("Refunded")
    await expect(row.get_by_role("button", name="Refund")).to_have_count(0)
    assert stripe.charges[str(stripe.intent_of(payment)["id"])]["amount_refunded"] == 2500
    assert (await payer.ask("GET", "/v2/billing"))["current_balance"] == 0


async def test_a_model_leaves_the_offer_after_a_question(operator: Page, server: Gateway) -> None:
    person = await new_person(server)
    key = await new_key(server, person.email)
    await operator.get_by_role("link", name="Models").last.click()
    switch = operator.get_by_role("row", name=FLAGSHIP).get_by_role("switch")
    dialog = await ask(operator, switch, "Stop offering ERNIE X1 Turbo")
    await assert_accessible(operator)
    await take_pictures(operator, "operator-model-off")
    await operator.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(switch).to_be_focused()
    await until_status(server, key, 200)

    dialog = await ask(operator, switch, "Stop offering ERNIE X1 Turbo")
    await dialog.get_by_role("button", name="Stop offering").click()
    await expect(switch).not_to_be_checked()
    await until_status(server, key, 404)

    await switch.click()
    await expect(switch).to_be_checked()
    await until_status(server, key, 200)


async def test_an_account_is_disabled_after_a_question(operator: Page, server: Gateway) -> None:
    person = await new_person(server)
    key = await new_key(server, person.email)
    await operator.get_by_label("Search by email").fill(person.email)
    switch = operator.get_by_role("switch", name=f"Account {person.email} is enabled")
    dialog = await ask(operator, switch, f"Disable {person.email}?")
    await dialog.get_by_role("button", name="Cancel").click()
    await expect(dialog).to_be_hidden()
    await until_status(server, key, 200)

    dialog = await ask(operator, switch, f"Disable {person.email}?")
    await dialog.get_by_role("button", name="Disable").click()
    await expect(switch).not_to_be_checked()
    await until_status(server, key, 401)
