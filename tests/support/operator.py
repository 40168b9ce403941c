"""The operator of a service world, with a key of theirs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.contract import validate_error
from tests.support.service_world import ServiceWorld, service_world
from tollway.audit.types import AuditEntry
from tollway.keys.types import KeyKind
from tollway.kit.clock import Clock

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
async def operator(folder: Path, clock: Clock | None = None) -> AsyncIterator[Operator]:
    """Open a world with one operator, whose account is the first one."""
    async with service_world(folder, clock=clock) as world:
        yield Operator(world, await world.key(EMAIL, KeyKind.OPERATOR))


def refused(answer: httpx.Response, status: int, *words: str, code: str | None = None) -> None:
    """Make sure that a request was refused with these words in the message."""
    body = answer.json()
    assert answer.status_code == status, body
    validate_error(body)
    assert [word for word in words if word not in body["message"]] == [], body["message"]
    assert code is None or body["error"]["code"] == code
