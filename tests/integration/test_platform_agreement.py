"""After mixed requests, everything that tells of money and usage tells the same, to the credit."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from typing import Any

import httpx
import pytest

from tests.support.gateway import Gateway
from tests.support.mixed_load import Caller, mixed_scenarios
from tests.support.mixed_play import make_keys, mixed_settings, play_all
from tests.support.scripted_upstream import ScriptedUpstream
from tests.support.stored_books import StoredBooks
from tests.support.usage_sums import Row, credits_of, group_of, grouped, moment, told_groups

SEED = 20_261_124


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream() as one:
        yield one


@pytest.fixture
async def gateway(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    settings = mixed_settings(upstream.base_url)
    async with Gateway(tmp_path_factory.mktemp("agreement"), settings=settings) as one:
        yield one


class Reader:
    """Reads the service endpoints with one key."""

    def __init__(self, client: httpx.AsyncClient, key: str) -> None:
        self._client = client
        self._headers = {"Authorization": f"Bearer {key}"}

    async def get(self, path: str, **query: str | int) -> Any:  # noqa: ANN401 - Whatever JSON the endpoint sends.
        answer = await self._client.get(path, params=query, headers=self._headers)
        while answer.status_code == 429:
            # The log has a rate limit of its own; it says itself when to come again.
            await asyncio.sleep(int(answer.headers["retry-after"]))
            answer = await self._client.get(path, params=query, headers=self._headers)
        assert answer.status_code == 200, (path, query, answer.text)
        return answer.json()

    async def transactions(self) -> list[dict[str, Any]]:
        """Every page, one after the other."""
        entries: list[dict[str, Any]] = []
        query: dict[str, str | int] = {"limit": 100}
        while True:
            page = await self.get("/v2/billing/transactions", **query)
            entries += page["data"]
            if not page["pagination"]["has_more"]:
                return entries
            query["cursor"] = page["pagination"]["next_cursor"]

    async def logs(self, prefix: str) -> list[dict[str, Any]]:
        """Every page of one key, one after the other."""
        entries: list[dict[str, Any]] = []
        while True:
            page = await self.get("/v2/logs", period="24h", key_prefix=prefix, limit=100, offset=len(entries))
            entries += page["data"]
            if not page["pagination"]["has_more"]:
                assert page["pagination"]["total"] == len(entries)
                return entries


async def assert_usage_agrees(reader: Reader, prefix: str, rows: list[Row]) -> None:
    whole = group_of(rows)
    flat = await reader.get("/v2/usage", period="24h", key_prefix=prefix)
    assert (credits_of(flat["spend"]), flat["requests"]) == (whole["credits"], whole["requests"]["charged"])
    for grouping in ("day", "model", "day,model"):
        for zone in ("UTC", "Europe/Berlin", "America/New_York"):
            detail = await reader.get("/v2/usage/detail", period="7d", key_prefix=prefix, group_by=grouping, tz=zone)
            assert told_groups(detail, grouping) == grouped(rows, grouping, zone)
            assert credits_of(detail["spend"]) == whole["credits"]
            by_model = {one["model"]: credits_of(one["spend"]) for one in detail["models"]}
            assert sum(by_model.values()) == whole["credits"]


async def assert_log_agrees(reader: Reader, prefix: str, rows: list[Row]) -> None:
    stored = {row["inference_id"]: row for row in rows}
    logged = await reader.logs(prefix)
    assert [entry["created"] for entry in logged] == sorted((entry["created"] for entry in logged), reverse=True)
    assert {entry["inference_id"] for entry in logged} == set(stored)
    assert len(logged) == len(stored)
    for entry in logged:
        row = stored[entry["inference_id"]]
        expected = group_of([row])
        assert entry["created"] == moment(row["started_at_ms"])
        assert (entry["status"], entry["model"], entry["client_request_id"]) == (
            row["status"], row["model_id"], row["client_request_id"],
        )  # fmt: skip
        assert entry["tokens"] == expected["tokens"]
        assert entry["cost"]["credits"] == credits_of(entry["cost"]["usd"]) == row["charged_credits"]


async def assert_receipts_agree(reader: Reader, rows: Iterable[Row]) -> None:
    for row in rows:
        receipt = await reader.get(f"/v2/logs/{row['inference_id']}")
        cost = receipt["cost"]
        assert cost["credits"] == row["charged_credits"]
        assert receipt["hold"]["credits"] == row["hold_credits"]
        assert sum(receipt["meters"].values()) == sum(
            row[f"{name}_tokens"] for name in ("input", "cached_input", "output", "reasoning")
        )


@pytest.mark.parametrize("count", [400, pytest.param(10_000, marks=pytest.mark.soak)])
async def test_everything_that_tells_of_money_tells_the_same(
    gateway: Gateway, upstream: ScriptedUpstream, count: int
) -> None:
    keys = await make_keys(gateway)
    books = StoredBooks(gateway.data)
    chance = random.Random(SEED)
    await play_all(gateway, upstream, keys, mixed_scenarios(count, chance))
    await books.nothing_held()
    receipts, charges = books.receipts(), books.charges()
    async with httpx.AsyncClient(base_url=gateway.url, timeout=60) as client:
        owner, manager = Reader(client, keys["rich"]), Reader(client, keys["management"])

        entries = await owner.transactions()
        signed = sum(entry["amount"]["credits"] * (1 if entry["direction"] == "TOPUP" else -1) for entry in entries)
        posted, held = books.wallet(gateway.first["email"])
        detail = await owner.get("/v2/billing/detail")
        balance = await owner.get("/v1/billing/balance")
        assert held == 0
        assert signed == posted == credits_of(detail["current_balance"]) == balance["balance"]
        used = {entry["reference_id"]: entry for entry in entries if entry["type"] == "MODEL_USAGE"}
        assert {name: entry["amount"]["credits"] for name, entry in used.items()} == {
            name: amount for name, amount in charges.items() if amount
        }
        assert all(entry["model"] == receipts[name]["model_id"] for name, entry in used.items())

        by_prefix: defaultdict[str, list[Row]] = defaultdict(list)
        for row in receipts.values():
            by_prefix[row["key_prefix"]].append(row)
        assert set(by_prefix) == {keys[name][:8] for name in _CALLERS_WITH_ROWS}
        for prefix, rows in by_prefix.items():
            await assert_usage_agrees(manager, prefix, rows)
            await assert_log_agrees(manager, prefix, rows)
        await assert_receipts_agree(manager, chance.sample(sorted(receipts.values(), key=str), min(len(receipts), 100)))

    replayed = await gateway.command("ledger", "replay")
    assert replayed["differences"] == []
    assert replayed["inferences"] == len(receipts)
    assert "Traceback" not in gateway.log
    await gateway.assert_books_balance()


_CALLERS_WITH_ROWS: tuple[Caller, ...] = ("rich", "spending")
