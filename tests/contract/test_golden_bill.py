"""The page's own example: the same usage costs the same 391 credits, wherever the price is shown."""

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway import FLAGSHIP, Gateway, upstream_settings
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.served import plain_client

CREDITS = 391
USD = 0.0001955
PAGE = json.loads((Path(__file__).parent / "golden" / "page_response.json").read_text())
BODY = {"model": FLAGSHIP, "messages": [{"role": "user", "content": "Hi! What do you think about mankind?"}]}


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    async with ScriptedUpstream() as upstream, Gateway(tmp_path, settings=upstream_settings(upstream.base_url)) as one:
        yield one


def receipt_of(gateway: Gateway, inference_id: str) -> dict[str, Any]:
    with closing(sqlite3.connect(gateway.data / "tollway.db")) as connection:
        connection.row_factory = sqlite3.Row
        row = connection.execute("SELECT * FROM inferences WHERE inference_id = ?", (inference_id,)).fetchone()
        return dict(row)


async def test_the_page_response_is_reproduced_and_costs_what_the_page_says(gateway: Gateway) -> None:
    async with plain_client(gateway.url, gateway.headers) as client:
        response = await client.post("/v1/chat/completions", json=BODY)
    answer = response.json()
    assert re.fullmatch(r"as-[a-z0-9]{10}", answer["id"])
    expected = json.loads(json.dumps(PAGE))
    expected["meta"]["usage"]["usd_spent"] = USD
    for field in ("id", "created"):
        expected[field] = answer[field]
    assert answer == expected
    assert list(answer) == list(PAGE)
    assert response.headers["x-aimlapi-credits-used"] == str(CREDITS)
    assert float(response.headers["x-aimlapi-usd-spent"]) == USD


async def test_ledger_and_log_show_the_same_charge(gateway: Gateway) -> None:
    before = gateway.first["balance_credits"]
    async with plain_client(gateway.url, gateway.headers) as client:
        response = await client.post("/v1/chat/completions", json=BODY)
    receipt = receipt_of(gateway, response.headers["x-inference-id"])
    assert receipt["charged_credits"] == CREDITS
    assert (receipt["input_tokens"], receipt["output_tokens"], receipt["reasoning_tokens"]) == (13, 278, 323)
    assert (receipt["status"], receipt["estimated"], receipt["absorbed_credits"]) == ("succeeded", 0, 0)
    shown = await gateway.command("ledger", "show", gateway.first["email"])
    assert shown["account"]["posted_credits"] == before - CREDITS
    assert shown["account"]["held_credits"] == 0
    await gateway.assert_books_balance()


@pytest.mark.parametrize("include_usage", [True, False])
async def test_a_stream_costs_the_same_in_its_last_chunk(gateway: Gateway, include_usage: bool) -> None:
    body = BODY | {"stream": True} | ({"stream_options": {"include_usage": True}} if include_usage else {})
    async with plain_client(gateway.url, gateway.headers) as client:
        response = await client.post("/v1/chat/completions", json=body)
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: ")]
    assert lines[-1] == "[DONE]"
    last = json.loads(lines[-2])
    assert last["meta"]["usage"] == {"credits_used": CREDITS, "usd_spent": USD}
    assert ("usage" in last) == include_usage
    assert receipt_of(gateway, response.headers["x-inference-id"])["charged_credits"] == CREDITS
