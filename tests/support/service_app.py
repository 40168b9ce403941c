"""The service surface with plain parts behind it, for tests."""

import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from litestar.types import ASGIApp

from tollway.accounts.passwords import PasswordHasher
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.flows.sign_in import SignIn
from tollway.http.service.app import create_app
from tollway.http.service.types import ServiceDependencies, Serving
from tollway.keys.last_used import LastUsed
from tollway.keys.types import KeyEntry
from tollway.kit.clock import SystemClock
from tollway.kit.database import Database
from tollway.kit.metrics import Metrics
from tollway.usage.model_metrics import ModelMetrics

PUBLIC_URL = "https://llm.example.org"
START_DEADLINE_S = 10.0


async def holds() -> bool:
    return True


class NoKeys:
    """A snapshot without a key, for the routes that need none."""

    def find(self, token: str) -> KeyEntry | None:  # noqa: ARG002 - There is nothing to look it up in.
        return None


async def _store_nothing(used_at_ms: Sequence[tuple[int, int]]) -> None:
    assert not used_at_ms


def stand_in_only(model: Model) -> Serving:
    """What a server without any upstream answers: the embedded engine, for itself and in another's place."""
    if not model.stand_in:
        return Serving(None)
    return Serving("embedded", is_stand_in=model.id.startswith("baidu/"))


def service_app(
    *,
    catalog: Catalog | None = None,
    serving: Callable[[Model], Serving] = stand_in_only,
    checks: Mapping[str, Callable[[], Awaitable[bool]]] | None = None,
    metrics: Metrics | None = None,
    cors_origins: tuple[str, ...] = ("*",),
    public_url: str = PUBLIC_URL,
) -> ASGIApp:
    """Make the app; what a test does not name works and is empty."""
    return create_app(
        ServiceDependencies(
            catalog=catalog or Catalog(load_models()),
            serving=serving,
            public_url=public_url,
            clock=SystemClock(),
            registry=(metrics or Metrics()).make_registry(),
            cors_origins=cors_origins,
            checks={"database": holds, "ledger": holds} if checks is None else checks,
            engine_state=lambda: "ready",
            keys=NoKeys(),
            last_used=LastUsed(_store_nothing),
            sign_in=SignIn(Database(Path("unused.db")), SystemClock(), PasswordHasher()),
            model_metrics=ModelMetrics(SystemClock()),
        )
    )


@contextmanager
def serve(app: ASGIApp) -> Iterator[str]:
    """Run the app in a real server on a free loopback port and give its address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            deadline = time.monotonic() + START_DEADLINE_S
            while not server.started:
                assert time.monotonic() < deadline, "the server did not start"
                assert thread.is_alive(), "the server ended"
                time.sleep(0.01)
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
