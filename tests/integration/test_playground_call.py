"""Calls from the playground: admitted by session and never by key, and answered and billed like any other."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.support.chat_caller import ChatCaller, Received, chat_body
from tests.support.gateway import Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client
from tests.support.signed_in import PLAYGROUND_PATH, SignedInPerson, sign_in
from tests.support.stored_books import StoredBooks
from tests.support.upstream_answers import page_answer, stream_events
from tests.support.upstream_scripts import stream_script

pytestmark = pytest.mark.asyncio(loop_scope="module")

FULL_CREDITS = 391
_EVENTS = stream_events(page_answer(), usage="every", piece_chars=8)
UNFINISHED = stream_script(_EVENTS[:-20], ending="hang")
"""Says nearly everything and then nothing more, so that only the caller can end it."""
OF_ONE_CALL = {"x-inference-id", "x-request-id", "date"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    settings = upstream_settings(upstream.base_url)
    async with Gateway(tmp_path_factory.mktemp("playground"), settings=settings) as one:
        yield one


@pytest_asyncio.fixture(loop_scope="module")
async def person(gateway: Gateway) -> SignedInPerson:
    return await sign_in(gateway)


async def ask(gateway: Gateway, headers: dict[str, str], **more: object) -> Received:
    """Call the playground's endpoint."""
    return await ChatCaller(gateway.url, gateway.key).call(
        chat_body("script:page", **more), path=PLAYGROUND_PATH, headers=headers
    )


def same_of_every_call(received: Received) -> dict[str, str]:
    """The headers that do not differ from call to call."""
    return {
        name: "" if name.startswith("x-ratelimit-") else value
        for name, value in received.headers.items()
        if name not in OF_ONE_CALL
    }


@pytest.mark.parametrize("options", [{}, {"stream": True, "stream_options": {"include_usage": True}}])
async def test_it_answers_and_bills_as_v1_does(
    gateway: Gateway, person: SignedInPerson, options: dict[str, Any]
) -> None:
    books = StoredBooks(gateway.data)
    by_key = await ChatCaller(gateway.url, gateway.key).call(chat_body("script:page", **options))

    by_session = await ask(gateway, person.headers, **options)

    assert by_session.status == 200
    assert same_of_every_call(by_session) == same_of_every_call(by_key)
    assert by_session.credits_used == by_key.credits_used == FULL_CREDITS
    receipt = books.receipt(by_session.inference_id)
    assert (receipt["origin"], receipt["charged_credits"]) == ("playground", FULL_CREDITS)
    assert books.receipt(by_key.inference_id)["origin"] == "api"
    await gateway.assert_books_balance()


async def test_a_stream_tells_thinking_and_answer_apart_and_ends_with_the_usage(
    gateway: Gateway, person: SignedInPerson
) -> None:
    answer = page_answer()

    chunks = (await ask(gateway, person.headers, stream=True, stream_options={"include_usage": True})).chunks

    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == answer.reasoning
    assert "".join(delta.get("content", "") for delta in deltas) == answer.content
    assert not [delta for delta in deltas if delta.get("content") and delta.get("reasoning_content")]
    last = chunks[-1]
    assert last["choices"] == []
    assert last["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0
    assert last["meta"]["usage"]["credits_used"] == FULL_CREDITS


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"Cookie": ""}, (401, "session_required")),
        ({"Cookie": "tollway_session=of-nobody"}, (401, "session_required")),
        ({"X-CSRF-Token": ""}, (403, "csrf_token_required")),
        ({"X-CSRF-Token": "another"}, (403, "csrf_token_required")),
        ({"Origin": "https://elsewhere.example"}, (403, "csrf_token_required")),
        ({"Origin": "null"}, (403, "csrf_token_required")),
    ],
    ids=["no cookie", "unknown session", "no token", "wrong token", "foreign origin", "opaque origin"],
)
async def test_what_does_not_prove_the_own_page_is_refused(
    gateway: Gateway,
    upstream: ScriptedUpstream,
    person: SignedInPerson,
    changes: dict[str, str],
    refusal: tuple[int, str],
) -> None:
    asked = upstream.request_count

    refused = await ask(gateway, person.headers | changes)

    assert (refused.status, refused.code) == refusal
    assert refused.headers["x-inference-id"]
    assert upstream.request_count == asked


async def test_a_key_opens_nothing_without_a_session(gateway: Gateway, person: SignedInPerson) -> None:
    refused = await ask(gateway, gateway.headers)
    assert (refused.status, refused.code) == (401, "session_required")

    # Beside a session it changes nothing: the call is still the playground's.
    answered = await ask(gateway, person.headers | gateway.headers)
    assert StoredBooks(gateway.data).receipt(answered.inference_id)["origin"] == "playground"


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/chat/completions"])
async def test_a_session_opens_nothing_where_a_key_is_asked_for(
    gateway: Gateway, person: SignedInPerson, path: str
) -> None:
    refused = await ChatCaller(gateway.url, gateway.key).call(chat_body(), path=path, headers=person.headers)

    assert (refused.status, refused.code) == (401, "invalid_api_key")


async def test_refusals_and_preflights_are_those_of_v1(gateway: Gateway, person: SignedInPerson) -> None:
    async with plain_client(gateway.url) as client:
        wrong = await client.get(PLAYGROUND_PATH)
        preflight = await client.options(PLAYGROUND_PATH)
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST, OPTIONS")
    assert preflight.status_code == 204

    unknown = await ChatCaller(gateway.url, "").call(
        {"model": "no-such-model", "messages": []}, path=PLAYGROUND_PATH, headers=person.headers
    )
    assert (unknown.status, unknown.json["path"]) == (400, PLAYGROUND_PATH)


async def test_stopping_ends_the_upstream_and_the_bill(
    gateway: Gateway, upstream: ScriptedUpstream, person: SignedInPerson
) -> None:
    books = StoredBooks(gateway.data)
    upstream.play(UNFINISHED)
    caller = ChatCaller(gateway.url, gateway.key)
    async with caller.begin(chat_body(stream=True), path=PLAYGROUND_PATH, headers=person.headers) as call:
        await call.until_text(b'"content":"Mankind')
    await (await upstream.request()).until_aborted()
    await books.nothing_held()

    receipt = books.receipt(call.received.inference_id)
    assert (receipt["origin"], receipt["client_disconnected"]) == ("playground", 1)
    assert 0 < receipt["charged_credits"] < FULL_CREDITS
    assert books.charges()[receipt["inference_id"]] == receipt["charged_credits"]


async def test_the_account_sees_its_calls_and_no_key(gateway: Gateway, person: SignedInPerson) -> None:
    called = await ask(gateway, person.headers)
    made = await gateway.command("key", "create", "--account", gateway.first["email"], "--management")
    prefix = StoredBooks(gateway.data).receipt(called.inference_id)["key_prefix"]
    async with plain_client(gateway.url, {"authorization": f"Bearer {made['key']}"}) as owner:
        logged = (await owner.get("/v2/logs", params={"period": "1d", "key_prefix": prefix})).json()["data"]
        receipt = (await owner.get(f"/v2/logs/{called.inference_id}")).json()
        listed = (await owner.get("/v1/keys")).text
        refused = [
            await owner.patch(f"/v1/keys/{prefix}", json={"disabled": True}),
            await owner.delete(f"/v1/keys/{prefix}"),
        ]

    assert called.inference_id in {entry["inference_id"] for entry in logged}
    assert {entry["origin"] for entry in logged} == {receipt["origin"]} == {"playground"}
    assert prefix not in listed
    assert [answer.status_code for answer in refused] == [404, 404]
    assert prefix not in str(await gateway.command("key", "list"))
    assert (await ask(gateway, person.headers)).status == 200


async def test_first_calls_that_come_at_once_are_counted_together(gateway: Gateway) -> None:
    email, password = await someone(gateway, "first-calls@example.com")
    newcomer = await sign_in(gateway, email, password)

    answers = await asyncio.gather(*(ask(gateway, newcomer.headers) for _ in range(5)))

    assert [answer.status for answer in answers] == [200] * 5
    books = StoredBooks(gateway.data)
    assert len({books.receipt(answer.inference_id)["key_id"] for answer in answers}) == 1
    assert books.wallet(email) == (1_000_000 - 5 * FULL_CREDITS, 0)


async def test_nobody_calls_after_signing_out_or_from_a_disabled_account(gateway: Gateway) -> None:
    email, password = await someone(gateway, "leaving@example.com")
    leaving, staying = await sign_in(gateway, email, password), await sign_in(gateway, email, password)
    async with plain_client(gateway.url) as client:
        left = await client.delete("/console/v1/session", headers=leaving.headers)
    assert left.status_code == 204
    assert [(await ask(gateway, one.headers)).status for one in (leaving, staying)] == [401, 200]

    await gateway.command("account", "disable", email)

    refused = await ask(gateway, staying.headers)
    assert (refused.status, refused.code) == (401, "session_required")


async def test_without_credits_nothing_is_answered(gateway: Gateway, upstream: ScriptedUpstream) -> None:
    email, password = await someone(gateway, "poor@example.com", credits_granted=0)
    asked = upstream.request_count

    refused = await ask(gateway, (await sign_in(gateway, email, password)).headers)

    assert refused.status == 403
    assert upstream.request_count == asked


async def someone(gateway: Gateway, email: str, *, credits_granted: int = 1_000_000) -> tuple[str, str]:
    """Make an account, and return its email and password."""
    made = await gateway.command("account", "create", email)
    if credits_granted:
        await gateway.command("credit", "grant", email, "--credits", str(credits_granted))
    return email, made["password"]


@pytest.mark.parametrize("of", ["requests_per_minute", "account_requests_per_minute"])
async def test_the_rates_of_key_and_account_hold(upstream: ScriptedUpstream, tmp_path: Path, of: str) -> None:
    settings = upstream_settings(upstream.base_url).replace(f"\n{of} = 1000000000", f"\n{of} = 2")
    async with Gateway(tmp_path, settings=settings) as limited:
        person = await sign_in(limited)
        answers = [await ask(limited, person.headers) for _ in range(3)]
        by_key = await ChatCaller(limited.url, limited.key).call(chat_body("script:page"))

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2].headers["x-ratelimit-remaining-requests"] == "0"
    assert int(answers[2].headers["retry-after"]) > 0
    # The playground's own rate leaves that of the account's other keys alone.
    assert by_key.status == (200 if of == "requests_per_minute" else 429)


async def test_a_call_that_a_crash_ended_is_still_the_playgrounds(upstream: ScriptedUpstream, tmp_path: Path) -> None:
    async with Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as crashing:
        person = await sign_in(crashing)
        upstream.play("never")
        arrived = upstream.request_count
        caller = ChatCaller(crashing.url, crashing.key)
        async with caller.begin(chat_body(), path=PLAYGROUND_PATH, headers=person.headers):
            await upstream.request(arrived)
            await crashing.kill()
        await crashing.start()
        (receipt,) = StoredBooks(crashing.data).receipts().values()

        assert (receipt["origin"], receipt["error_code"], receipt["charged_credits"]) == ("playground", "recovered", 0)
        await crashing.assert_books_balance()
