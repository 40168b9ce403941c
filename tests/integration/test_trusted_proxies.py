"""Whose address counts at the door: that of the connection, or what a trusted proxy says of it."""

from pathlib import Path

import httpx
import pytest

from tests.support.gateway import Gateway

SESSION = "/console/v1/session"
BEHIND = {"x-forwarded-for": "198.51.100.7, 203.0.113.9"}
"""A caller who claims one address, at a proxy that saw another one."""


@pytest.mark.parametrize(
    ("settings", "address", "last_status"),
    [("", "127.0.0.1", 429), ('[server]\ntrusted_proxies = ["127.0.0.1"]\n', "203.0.113.9", 401)],
)
async def test_an_address_is_believed_from_a_trusted_proxy_alone(
    tmp_path: Path, settings: str, address: str, last_status: int
) -> None:
    async with (
        Gateway(tmp_path, settings=settings) as gateway,
        httpx.AsyncClient(base_url=gateway.url, timeout=60) as client,
    ):
        first = {"email": gateway.first["email"], "password": gateway.first["password"]}
        assert (await client.post(SESSION, json=first, headers=BEHIND)).status_code == 200
        (session,) = (await client.get("/console/v1/sessions")).json()["data"]
        assert session["address"] == address

        statuses = []
        for number in range(6):
            wrong = {"email": f"nobody{number}@example.com", "password": "not the password"}
            answer = await client.post(SESSION, json=wrong, headers={"x-forwarded-for": f"192.0.2.{number}"})
            statuses.append(answer.status_code)
        assert statuses == [401] * 5 + [last_status]
