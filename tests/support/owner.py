"""The signed-in owner of an account, who asks the endpoints below ``/console/v1``."""

from typing import Any

import httpx

from tests.support.operator import refused
from tests.support.service_world import OWNER, ServiceWorld


class Owner:
    """Somebody with a session in a service world."""

    def __init__(self, world: ServiceWorld, headers: dict[str, str]) -> None:
        self.world = world
        self.headers = headers

    @classmethod
    async def sign_in(cls, world: ServiceWorld, email: str = OWNER) -> "Owner":
        """Sign the owner of an account in."""
        return cls(world, await world.sign_in(email))

    async def ask(self, method: str, path: str, body: object = None, **options: Any) -> httpx.Response:  # noqa: ANN401
        """Send a request with the session."""
        if body is not None:
            options["json"] = body
        return await self.world.client.request(method, f"/console/v1{path}", **{"headers": self.headers, **options})

    async def told(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - any value of a query, and any JSON
        """Ask what must be answered, and return it."""
        answer = await self.ask("GET", path, params=query or None)
        assert answer.status_code == 200, (path, query, answer.text)
        return answer.json()

    async def does(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """Send a change that must succeed, and return what is answered."""
        answer = await self.ask(method, path, body)
        assert answer.status_code == 200, (method, path, answer.text)
        return answer.json()

    async def needs_its_token(self, method: str, path: str, body: object = None) -> None:
        """Make sure that a change is refused which comes with the cookie alone, as another site could send it."""
        forged = {"cookie": self.headers["cookie"]}
        refused(await self.ask(method, path, body, headers=forged), 403, code="csrf_token_required")
