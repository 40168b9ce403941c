"""Commands reach the running server, and nobody else does."""

import asyncio
import contextlib
import json
import os
import socket
import stat
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.support.keys import KeyRing, open_key_ring
from tollway.cli import books, credit
from tollway.cli.admin_client import RefusedByServerError, ask_server, tell_keys_changed
from tollway.credits.sqlite.ledger import SqliteLedger
from tollway.flows.grant_credits import GrantCredits
from tollway.flows.recover_inferences import recovered_rows
from tollway.flows.refund_payment import RefundPayment
from tollway.http.admin.address import socket_address, socket_path
from tollway.http.admin.messages import Done, Grant, Granted, Ping, RefreshKeys, ServerInfo
from tollway.http.admin.server import AdminCommands, AdminSocket, server_info
from tollway.keys.types import NewKey
from tollway.kit.clock import SystemClock
from tollway.kit.errors import UnavailableError
from tollway.kit.settings import Settings
from tollway.upstreams.report import UpstreamsReport

DEADLINE_S = 60.0
EMAIL = "jane@example.com"
NO_UPSTREAMS = UpstreamsReport(upstreams=(), retries_left=50)


async def refresh_nothing() -> None:
    """Stands in where prices and models stay as they are."""


class Running(Struct, frozen=True):
    """What a server has open on a data folder."""

    folder: Path
    ring: KeyRing
    ledger: SqliteLedger
    socket: AdminSocket


def made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@contextlib.asynccontextmanager
async def serve(folder: Path) -> AsyncIterator[Running]:
    async with open_key_ring(folder) as ring:
        await ring.accounts.create(EMAIL)
        ledger = await SqliteLedger.open(ring.path, clock=SystemClock(), recovered_rows=recovered_rows(lambda _: ""))
        commands = AdminCommands(
            server_info("1.2.3", "http://127.0.0.1:8080", 7),
            GrantCredits(ring.database, ledger, SystemClock()),
            ring.snapshot.refresh,
            refresh_catalog=refresh_nothing,
            upstreams=lambda: NO_UPSTREAMS,
            refunds=RefundPayment(ring.database, ledger, SystemClock(), None),
        )
        admin = AdminSocket(folder, commands)
        await admin.open()
        try:
            yield Running(folder, ring, ledger, admin)
        finally:
            await admin.close()
            await ledger.close()


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    async with serve(made(tmp_path / "data")) as opened:
        yield opened


async def tollway(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run a command as a process of its own, while this one goes on serving."""
    process = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("tollway"),
        *arguments,
        "--data-dir",
        str(folder),
        "--json",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    return process.returncode or 0, output.decode(), errors.decode()


async def exchange(folder: Path, line: bytes) -> dict[str, Any]:
    with socket_address(folder) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    writer.write(line)
    answer = await reader.readline()
    writer.close()
    found: dict[str, Any] = json.loads(answer)
    return found


async def eventually(condition: Callable[[], bool]) -> None:
    """Wait for what a command has told the server to do: it does not stay for the answer of a slow one."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - The snapshot tells nobody that it is new.
            await asyncio.sleep(0.005)


async def test_a_grant_beside_a_server_is_made_by_the_server(running: Running) -> None:
    code, output, errors = await tollway(running.folder, "credit", "grant", EMAIL, "--credits", "123")

    assert (code, json.loads(output), errors) == (0, {"balance_credits": 123}, "")
    assert (await running.ledger.balance(1)).posted_credits == 123


async def test_a_refusal_of_the_server_is_the_commands_refusal(running: Running) -> None:
    code, output, errors = await tollway(running.folder, "credit", "grant", "joe@example.com", "--credits", "5")

    assert (code, output) == (1, "")
    assert errors == "tollway: There is no account joe@example.com\n"


async def test_a_new_key_works_at_once_beside_a_server(running: Running) -> None:
    code, output, _ = await tollway(running.folder, "key", "create", "--account", EMAIL)
    key = json.loads(output)["key"]

    # Nothing polls here: it was the command that made the server look.
    assert code == 0
    await eventually(lambda: running.ring.snapshot.find(key) is not None)

    await tollway(running.folder, "account", "disable", EMAIL)
    await eventually(lambda: running.ring.snapshot.find(key) is None)


async def test_without_a_server_the_command_takes_the_books_itself(tmp_path: Path) -> None:
    async with serve(tmp_path):
        pass

    assert await asyncio.to_thread(ask_server, tmp_path, Ping()) is None
    code, output, _ = await tollway(tmp_path, "credit", "grant", EMAIL, "--credits", "5")
    assert (code, json.loads(output)) == (0, {"balance_credits": 5})


async def test_a_command_waits_for_a_server_that_has_the_books_and_no_socket_yet(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    await running.socket.close()
    has_to_wait = threading.Event()
    sleep = time.sleep

    def note_and_sleep(duration_s: float) -> None:
        has_to_wait.set()
        sleep(duration_s)

    monkeypatch.setattr(time, "sleep", note_and_sleep)
    monkeypatch.setattr(books, "_SERVER_APPEARS_S", DEADLINE_S)
    wanted = Grant(email=EMAIL, credits=5, type="BONUS", user="root")
    granting = asyncio.create_task(asyncio.to_thread(credit.make_grant, Settings(data_dir=str(running.folder)), wanted))
    assert await asyncio.to_thread(has_to_wait.wait, DEADLINE_S)
    await running.socket.open()

    assert await granting == 5


async def test_a_socket_that_a_killed_server_left_is_no_server_and_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead, socket_address(tmp_path) as address:
        dead.bind(address)
    assert socket_path(tmp_path).is_socket()
    assert await asyncio.to_thread(ask_server, tmp_path, Ping()) is None
    tell_keys_changed(tmp_path)

    async with serve(tmp_path):
        assert isinstance(await asyncio.to_thread(ask_server, tmp_path, Ping()), ServerInfo)
    assert not socket_path(tmp_path).exists()


async def test_the_socket_is_its_owners_alone(running: Running) -> None:
    assert stat.S_IMODE(socket_path(running.folder).stat().st_mode) == 0o600


async def test_a_refusal_keeps_its_code(running: Running) -> None:
    wanted = Grant(email="joe@example.com", credits=1, type="BONUS", user="root")
    with pytest.raises(RefusedByServerError) as caught:
        await asyncio.to_thread(ask_server, running.folder, wanted)

    assert caught.value.code == "account_not_found"


async def test_the_server_says_who_it_is(running: Running) -> None:
    answer = await asyncio.to_thread(ask_server, running.folder, Ping())

    assert answer == ServerInfo(pid=os.getpid(), version="1.2.3", url="http://127.0.0.1:8080", started_at_ms=7)


async def test_a_data_folder_may_lie_deep(tmp_path: Path) -> None:
    deep = made(tmp_path.joinpath(*["a-folder-with-a-long-name"] * 8))

    async with serve(deep) as server:
        assert len(str(socket_path(deep))) > 200
        answer = await asyncio.to_thread(ask_server, deep, Grant(email=EMAIL, credits=9, type="BONUS", user="root"))
        _, key = await server.ring.keys.create(EMAIL, NewKey())
        assert await asyncio.to_thread(ask_server, deep, RefreshKeys()) == Done()
        assert server.ring.snapshot.find(key) is not None
    assert answer == Granted(9)
    assert not socket_path(deep).exists()


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"grant\n",
        b'{"command": "shutdown"}\n',
        b'{"command": "ping", "more": 1}\n',
        b'{"command": "grant", "email": "jane@example.com", "credits": 1.5, "type": "BONUS", "user": "root"}\n',
        b'{"command": "grant", "email": "jane@example.com", "credits": 5, "type": "LOAN", "user": "root"}\n',
        (
            b'{"command": "grant", "email": "jane@example.com", "credits": 99999999999999999999, "type": "BONUS", '
            b'"user": "root"}\n'
        ),
        b"\xff\xfe\n",
    ],
)
async def test_nonsense_is_refused_and_changes_nothing(running: Running, line: bytes) -> None:
    answer = await exchange(running.folder, line)

    assert (answer["answer"], answer["status"]) == ("refused", 400)
    assert (await running.ledger.balance(1)).posted_credits == 0


async def test_a_line_without_end_is_cut_off(running: Running) -> None:
    with socket_address(running.folder) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    writer.write(b"x" * 200_000)

    with contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), DEADLINE_S) == b""
    writer.close()


async def test_several_requests_may_follow_on_one_connection(running: Running) -> None:
    with socket_address(running.folder) as address:
        reader, writer = await asyncio.open_unix_connection(address)
    writer.write(b'{"command": "ping"}\n{"command": "refresh_keys"}\n')

    answers = [json.loads(await reader.readline())["answer"] for _ in range(2)]
    writer.close()

    assert answers == ["info", "done"]


async def test_closing_gives_the_answer_under_way_and_lets_idle_commands_go(tmp_path: Path) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def refresh_slowly() -> None:
        asked.set()
        await go_on.wait()

    async with serve(made(tmp_path / "books")) as server:
        folder = made(tmp_path / "data")
        commands = AdminCommands(
            server_info("1", "", 0),
            GrantCredits(server.ring.database, server.ledger, SystemClock()),
            refresh_slowly,
            refresh_catalog=refresh_nothing,
            upstreams=lambda: NO_UPSTREAMS,
            refunds=RefundPayment(server.ring.database, server.ledger, SystemClock(), None),
        )
        admin = AdminSocket(folder, commands)
        await admin.open()
        with socket_address(folder) as address:
            idle_reader, idle_writer = await asyncio.open_unix_connection(address)
        answering = asyncio.create_task(exchange(folder, b'{"command": "refresh_keys"}\n'))
        await asked.wait()
        closing = asyncio.create_task(admin.close())
        assert await asyncio.wait_for(idle_reader.read(), DEADLINE_S) == b""
        go_on.set()

        await asyncio.wait_for(closing, DEADLINE_S)
        assert (await answering)["answer"] == "done"
        idle_writer.close()


@pytest.mark.parametrize("answer", [b"", b"not json\n", b'{"answer": "other"}\n'])
def test_a_server_that_answers_nonsense_is_reported(tmp_path: Path, answer: bytes) -> None:
    def play(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(answer)

    with thread_playing(tmp_path, play), pytest.raises(UnavailableError, match="does not answer"):
        ask_server(tmp_path, Ping(), timeout_s=10)


@contextlib.contextmanager
def thread_playing(folder: Path, play: Callable[[socket.socket], None]) -> Iterator[None]:
    with socket.socket(socket.AF_UNIX) as listener:
        with socket_address(folder) as address:
            listener.bind(address)
        listener.listen()
        thread = threading.Thread(target=play, args=(listener,))
        thread.start()
        try:
            yield
        finally:
            thread.join(10)
