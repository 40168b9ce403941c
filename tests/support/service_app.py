"""The service surface with plain parts behind it, for tests."""

import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from litestar.types import ASGIApp

from tollway.accounts.passwords import PasswordHasher
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model
from tollway.credits.rate_cards import RateCards
from tollway.flows.receive_payment_event import ReceivePaymentEvent
from tollway.flows.set_prices import file_prices
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
START_DEADLINE_S = 60.0
NOT_CALLED: Any = None
"""Stands for what only routes use that need a key, and here nobody has one."""


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
    web_app_folder: Path | None = None,
) -> ASGIApp:
    """Make the app; what a test does not name works and is empty."""
    catalog = catalog or Catalog(load_models())
    return create_app(
        ServiceDependencies(
            catalog=catalog,
            serving=serving,
            public_url=public_url,
            clock=SystemClock(),
            registry=(metrics or Metrics()).make_registry(),
            cors_origins=cors_origins,
            checks={"database": holds, "ledger": holds} if checks is None else checks,
            web_app_folder=web_app_folder,
            engine_state=lambda: "ready",
            keys=NoKeys(),
            last_used=LastUsed(_store_nothing),
            sign_in=SignIn(Database(Path("unused.db")), SystemClock(), PasswordHasher()),
            model_metrics=ModelMetrics(SystemClock()),
            own_keys=NOT_CALLED,
            own_presets=NOT_CALLED,
            usage=NOT_CALLED,
            logs=NOT_CALLED,
            account_logs=NOT_CALLED,
            month_statement=NOT_CALLED,
            export_rate=NOT_CALLED,
            log_rate=NOT_CALLED,
            checkout_rate=NOT_CALLED,
            billing=NOT_CALLED,
            auto_top_up=NOT_CALLED,
            begin_top_up=NOT_CALLED,
            payment_events=ReceivePaymentEvent(NOT_CALLED, NOT_CALLED, SystemClock(), None),
            rate_cards=RateCards.from_files(file_prices(catalog)),
            set_prices=NOT_CALLED,
            preview_prices=NOT_CALLED,
            switch_models=NOT_CALLED,
            upstreams=NOT_CALLED,
            redeem_coupon=NOT_CALLED,
            operator=NOT_CALLED,
            console=NOT_CALLED,
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
