"""The settings of auto top-up as their owner meets them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from tests.support.contract import response_validator, validate_error
from tests.support.database import rows
from tests.support.service_world import OWNER, PUBLIC_URL, ServiceWorld, service_world
from tollway.audit.repository import list_entries
from tollway.audit.types import ActorKind
from tollway.flows.set_auto_top_up import SetAutoTopUp
from tollway.http.asgi.app import create_app
from tollway.keys.types import KeyKind
from tollway.payments.tables import auto_top_ups, payment_methods

PATH = "/v2/billing/auto-top-up"
WANTED = {"is_enabled": True, "threshold": 10.5, "amount": 25.25}
JSON_TYPE = {"content-type": "application/json"}
SHOWN = {**WANTED, "currency": "USD"}
validate_detail = response_validator("billing-detail-v2.json", "/v2/billing/detail")


class Owner:
    """The owner of an account, with a management key."""

    def __init__(self, world: ServiceWorld, client: httpx.AsyncClient, account_id: int, key: str) -> None:
        self.world = world
        self.account_id = account_id
        self.key = key
        self._client = client

    async def put(self, **options: Any) -> httpx.Response:  # noqa: ANN401 - what a request can have
        return await self._client.put(PATH, **{"headers": self.world.auth(self.key), **options})

    async def shown(self) -> dict[str, Any]:
        """What the contract's endpoint shows of the settings."""
        body = (await self._client.get("/v2/billing/detail", headers=self.world.auth(self.key))).json()
        validate_detail(body)
        settings: dict[str, Any] = body["autotopup_settings"]
        return settings

    async def save_method(self, provider: str = "stripe") -> None:
        async with self.world.database.begin() as connection:
            await connection.execute(insert(payment_methods).values((self.account_id, provider, "cus_1", "pm_1", 0)))

    async def audited(self) -> list[tuple[str, str, str, dict[str, Any]]]:
        """What the audit trail has of the account, newest first."""
        async with self.world.database.connect() as connection:
            entries = await list_entries(connection, at_most=9, account_id=self.account_id)
        return [
            (entry.actor_kind, entry.actor, entry.action, entry.details)
            for entry in entries
            if entry.action != "account.create"
        ]

    def stored(self) -> list[tuple[object, ...]]:
        return rows(self.world.path, "SELECT * FROM auto_top_ups")


@asynccontextmanager
async def owner(folder: Path, provider: str | None = "stripe") -> AsyncIterator[Owner]:
    async with service_world(folder) as world:
        account_id = await world.account(OWNER)
        setter = SetAutoTopUp(world.database, world.clock, provider)
        app: Any = create_app(replace(world.deps, auto_top_up=setter))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC_URL) as client:
            yield Owner(world, client, account_id, await world.key(OWNER, KeyKind.MANAGEMENT))


def refused(answer: httpx.Response, status: int, *words: str) -> None:
    body = answer.json()
    assert answer.status_code == status, body
    validate_error(body)
    assert [word for word in words if word not in body["message"]] == [], body["message"]


async def test_settings_are_stored_shown_and_audited(tmp_path: Path) -> None:
    async with owner(tmp_path) as one:
        await one.save_method()
        answer = await one.put(json=WANTED)

        assert (answer.status_code, answer.json()) == (200, SHOWN)
        assert await one.shown() == SHOWN
        (account_id, is_enabled, threshold_credits, amount_cents, failures, not_before_ms, _) = one.stored()[0]
        assert (account_id, is_enabled, threshold_credits, amount_cents) == (one.account_id, 1, 21_000_000, 2525)
        assert (failures, not_before_ms) == (0, 0)
        told = {
            "before": {"is_enabled": False, "threshold_usd": "0", "amount_cents": 0},
            "after": {"is_enabled": True, "threshold_usd": "10.5", "amount_cents": 2525},
        }
        assert await one.audited() == [(ActorKind.MANAGEMENT_KEY, one.key[:8], "auto_top_up.update", told)]


async def test_no_digit_of_an_amount_is_lost_in_silence(tmp_path: Path) -> None:
    async with owner(tmp_path) as one:
        await one.save_method()
        for field, written in (("threshold", "5.00000000000000000001"), ("amount", "20.0000000000000000001")):
            body = {"threshold": "5", "amount": "20", field: written}
            text = f'{{"is_enabled": false, "threshold": {body["threshold"]}, "amount": {body["amount"]}}}'
            refused(await one.put(content=text, headers={**one.world.auth(one.key), **JSON_TYPE}), 400, field)
        assert one.stored() == []


async def test_what_is_left_out_stays(tmp_path: Path) -> None:
    async with owner(tmp_path) as one:
        await one.save_method()
        await one.put(json=WANTED)

        assert (await one.put(json={"is_enabled": False})).json() == {**SHOWN, "is_enabled": False}
        assert (await one.put(json={"is_enabled": True, "amount": 10_000})).json() == {**SHOWN, "amount": 10_000}
        assert (await one.put(json={"is_enabled": True, "threshold": 0.0000005})).json()["threshold"] == 5e-7
        assert len(await one.audited()) == 4


async def test_a_change_forgets_failures(tmp_path: Path) -> None:
    async with owner(tmp_path) as one:
        await one.save_method()
        async with one.world.database.begin() as connection:
            await connection.execute(insert(auto_top_ups).values((one.account_id, False, 2, 500, 3, 99, 0)))
        await one.put(json={"is_enabled": True})

        assert one.stored()[0][1:6] == (1, 2, 500, 0, 0)


@pytest.mark.parametrize("provider", [None, "stripe"])
async def test_disabling_needs_nothing(tmp_path: Path, provider: str | None) -> None:
    async with owner(tmp_path, provider) as one:
        answer = await one.put(json={"is_enabled": False})

    assert answer.json() == {"is_enabled": False, "threshold": 0, "amount": 0, "currency": "USD"}


async def test_enabling_needs_a_provider(tmp_path: Path) -> None:
    async with owner(tmp_path, None) as one:
        await one.save_method()
        refused(await one.put(json=WANTED), 409, "payment provider", "none configured")
        assert one.stored() == []
        assert await one.audited() == []


async def test_enabling_needs_a_saved_method_of_that_provider(tmp_path: Path) -> None:
    async with owner(tmp_path) as one:
        refused(await one.put(json=WANTED), 409, "saved payment method", "/v2/billing/checkout", "save_method")
        await one.save_method("another provider")
        refused(await one.put(json=WANTED), 409, "saved payment method")
        assert one.stored() == []
        assert await one.audited() == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"is_enabled": True, "threshold": 10, "amount": 4.99}, ("amount", "5", "4.99")),
        ({"is_enabled": True, "threshold": 10, "amount": 10_000.01}, ("amount", "10000", "10000.01")),
        ({"is_enabled": False, "amount": 0}, ("amount", "5", "0")),
        ({"is_enabled": True, "threshold": 10, "amount": 5.001}, ("amount", "whole cents", "5.001")),
        ({"is_enabled": True, "threshold": -1, "amount": 5}, ("threshold", "0", "-1")),
        ({"is_enabled": True, "threshold": 10_000.5, "amount": 5}, ("threshold", "10000", "10000.5")),
        ({"is_enabled": True, "threshold": 1e-7, "amount": 5}, ("threshold", "whole credits")),
        ({"is_enabled": True, "threshold": 0, "amount": 5}, ("threshold", "more than 0")),
        ({"is_enabled": True, "amount": 5}, ("threshold", "more than 0")),
        ({"is_enabled": True, "threshold": 10}, ("amount", "none was ever set")),
        ({"is_enabled": True}, ("amount", "none was ever set")),
        ({"is_enabled": True, "threshold": "10", "amount": 5}, ("threshold", "number", "'10'")),
        ({"is_enabled": True, "threshold": True, "amount": 5}, ("threshold", "number", "true")),
        ({"is_enabled": "yes"}, ("is_enabled", "boolean", "'yes'")),
        ({}, ("is_enabled", "required")),
        ({"is_enabled": False, "limit": 1}, ("limit", "no such field")),
        ([], ("object", "array")),
    ],
)
async def test_wrong_body_is_a_400_that_names_the_field(tmp_path: Path, body: object, words: tuple[str, ...]) -> None:
    async with owner(tmp_path) as one:
        await one.save_method()
        refused(await one.put(json=body), 400, "Body validation error", *words)
        assert one.stored() == []
        assert await one.audited() == []


async def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    async with owner(tmp_path) as one:
        for content in (b"", b"{", b'{"is_enabled": NaN}', b'{"is_enabled": true, "threshold": 1e999, "amount": 5}'):
            refused(await one.put(content=content), 400, "Body validation error")
        form = {**one.world.auth(one.key), "content-type": "application/x-www-form-urlencoded"}
        refused(await one.put(content=b"is_enabled=true", headers=form), 415, "application/json")


async def test_only_a_management_key_changes_settings(tmp_path: Path) -> None:
    async with owner(tmp_path) as one:
        await one.save_method()
        api_key = await one.world.key(OWNER)

        refused(await one.put(json=WANTED, headers=one.world.auth(api_key)), 403, "management key")
        refused(await one.put(json=WANTED, headers={}), 401, "valid API key")
        # Whoever may not change anything learns nothing about the body.
        refused(await one.put(json={"nonsense": 1}, headers=one.world.auth(api_key)), 403)
        assert one.stored() == []
