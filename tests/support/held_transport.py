"""A connection without a socket: what it is given and what it writes, to the byte."""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.server import ServerState

from tests.support.lane_server import EchoApp, ScriptedLane
from tollway.http.connection import Connection, ConnectionHost
from tollway.kit.settings import LimitSettings

TURNS = 200


class HeldTransport(asyncio.Transport):
    """Keeps what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.is_paused = False
        self.ended = False
        self.unsent = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.ended
        self.written += data

    def is_closing(self) -> bool:
        return self.ended

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.ended = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def get_extra_info(self, name: str, default: object = None) -> Any:  # noqa: ANN401 - as its base says
        return ("127.0.0.1", 1) if name in {"peername", "sockname"} else default


class HeldConnection:
    """The connection, its transport, and what stands behind it; made inside a running loop."""

    def __init__(self, limits: LimitSettings | None = None) -> None:
        self.lane = ScriptedLane()
        self.app = EchoApp()
        self.transport = HeldTransport()
        self.state = ServerState()
        host = ConnectionHost(lane=self.lane, limits=limits or LimitSettings())
        config = Config(self.app, log_config=None, access_log=False, ws="none", lifespan="off", interface="asgi3")
        config.load()
        self.connection: Connection = host.protocol(config, self.state, {}, asyncio.get_running_loop())
        self.connection.connection_made(self.transport)

    def feed(self, data: bytes) -> None:
        self.connection.data_received(data)

    async def settle(self) -> None:
        """Let everything happen that needs no more from outside."""
        calm, before = 0, -1
        while calm < TURNS // 10:
            await asyncio.sleep(0)
            now = len(self.transport.written)
            calm = calm + 1 if now == before else 0
            before = now

    async def leave(self) -> None:
        self.connection.connection_lost(None)
        while self.state.tasks:
            await asyncio.wait(self.state.tasks)
