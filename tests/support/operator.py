"""The operator of a service world, with a key of theirs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.contract import validate_error
from tests.support.service_world import OWNER, ServiceWorld, service_world
from tollway.audit.types import AuditEntry
from tollway.keys.types import KeyKind
from tollway.kit.clock import Clock
from tollway.kit.settings import Settings

EMAIL = "op@example.com"


class Operator:
    """Somebody who runs the platform, and asks its endpoints below ``/admin/v1``."""

    def __init__(self, world: ServiceWorld, key: str) -> None:
        self.world = world
        self.key = key
        self.headers = world.auth(key)

    async def ask(self, method: str, path: str, body: object = None, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request with the operator's key."""
        if body is not None:
            options["json"] = body
        return await self.world.client.request(method, f"/admin/v1{path}", **{"headers": self.headers, **options})

    async def told(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:  # noqa: ANN401
        """Send a request that must succeed, and return what is answered."""
        answer = await self.ask(method, path, body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def trail(self, action: str = "") -> list[AuditEntry]:
        """What the audit trail has of an action, oldest first; what the world did by itself is left out."""
        found = await self.world.deps.operator.audit.page(at_most=200)
        return [one for one in reversed(found) if one.action.startswith(action) and one.actor_kind != "system"]


@asynccontextmanager
async def operator(
    folder: Path, clock: Clock | None = None, settings: Settings | None = None
) -> AsyncIterator[Operator]:
    """Open a world with one operator, whose account is the first one."""
    async with service_world(folder, clock=clock, settings=settings) as world:
        yield Operator(world, await world.key(EMAIL, KeyKind.OPERATOR))


async def refused_to_others(one: Operator, method: str, path: str, body: object = None) -> None:
    """Make sure that nobody but an operator may do this, and that a signed-in operator may who has the session's token.

    An operator's account with the email of this module must be there; the request is made once by them.
    """
    world = one.world
    key, management = await world.key(OWNER), await world.key(OWNER, KeyKind.MANAGEMENT)
    person, operator_person = await world.sign_in(OWNER), await world.sign_in(EMAIL)
    refused(await one.ask(method, path, body, headers={}), 401, code="session_required")
    for headers in (world.auth(key), world.auth(management), person):
        refused(await one.ask(method, path, body, headers=headers), 403, "perator", code="operator_required")
    if method != "GET":
        forged = {"cookie": operator_person["cookie"]}
        refused(await one.ask(method, path, body, headers=forged), 403, code="csrf_token_required")
    done = await one.ask(method, path, body, headers=operator_person)
    assert done.is_success, done.text


def refused(answer: httpx.Response, status: int, *words: str, code: str | None = None) -> None:
    """Make sure that a request was refused with these words in the message."""
    body = answer.json()
    assert answer.status_code == status, body
    validate_error(body)
    assert [word for word in words if word not in body["message"]] == [], body["message"]
    assert code is None or body["error"]["code"] == code
