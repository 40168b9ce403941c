"""Requests of every kind on one connection, cut into pieces at any place."""

import asyncio
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from tests.support.held_transport import HeldConnection
from tests.support.lane_server import STREAMED, seen
from tests.support.malformed_requests import MALFORMED, Malformed


class Asked(Struct, frozen=True):
    """A request, and the answer that it must get."""

    request: bytes
    answer: bytes


def asked(path: str, method: str = "GET", *lines: str, body: bytes = b"", content: bytes = b"") -> Asked:
    head = "".join(f"{line}\r\n" for line in (f"{method} {path} HTTP/1.1", "Host: x", *lines, "")).encode()
    if path == "/stream":
        content = b"".join(STREAMED)
    elif path == "/unread":
        content = b"unread"
    else:
        content = seen("lane" if path.startswith("/lane/") else "app", method, path, content)
    return Asked(head + body, content)


PATHS = ("/lane/now", "/lane/soon?a=b", "/lane/soon", "/x?a=b", "/stream", "/unread")
_BODIES = st.binary(max_size=30) | st.sampled_from(
    [b"GET /lane/now HTTP/1.1\r\nHost: x\r\n\r\n", b"0\r\n\r\n", b"\r\n"]
)


@st.composite
def requests(draw: st.DrawFn) -> Asked:
    path = draw(st.sampled_from(PATHS))
    body = draw(_BODIES)
    match draw(st.sampled_from(["none", "sized", "expected", "chunked", "upgrade"])):
        case "none":
            return asked(path)
        case "upgrade":
            return asked(path, "GET", "Connection: upgrade", "Upgrade: websocket")
        case "sized":
            return asked(path, "POST", f"Content-Length: {len(body)}", body=body, content=body)
        case "expected":
            lines = (f"Content-Length: {len(body)}", "Expect: 100-continue")
            return asked(path, "PUT", *lines, body=body, content=body)
        case _:
            written = b"".join(b"1;a=b\r\n%c\r\n" % byte for byte in body) + b"0\r\nA: b\r\n\r\n"
            return asked(path, "POST", "Transfer-Encoding: chunked", body=written, content=body)


def answers(written: bytes) -> list[bytes]:
    """The bodies of all answers, without leaves to go on."""
    found = []
    while written:
        head, _, written = written.partition(b"\r\n\r\n")
        if head == b"HTTP/1.1 100 Continue":
            continue
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        length = re.search(rb"content-length: ([0-9]+)", head)
        if length is not None:
            found.append(written[: int(length[1])])
            written = written[int(length[1]) :]
        else:
            assert b"transfer-encoding: chunked" in head
            chunks, _, written = written.partition(b"0\r\n\r\n")
            found.append(re.sub(rb"[0-9a-f]+\r\n(.*?)\r\n", rb"\1", chunks))
    return found


@given(
    st.lists(requests(), min_size=1, max_size=6),
    st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=12),
    st.sampled_from([b"", b"\r\n", b"\r\n\r\n"]),
)
def test_answers_come_in_order_however_requests_are_cut(
    conversation: list[Asked], cuts: list[tuple[int, bool]], between: bytes
) -> None:
    data = b"".join(between + one.request for one in conversation)

    async def talk() -> bytes:
        held = HeldConnection()
        at = 0
        for end, waits in sorted(cuts):
            if end > at:
                held.feed(data[at:end])
                at = end
            if waits:
                await held.settle()
        held.feed(data[at:])
        await held.settle()
        assert not held.transport.ended
        await held.leave()
        return bytes(held.transport.written)

    assert answers(asyncio.run(talk())) == [one.answer for one in conversation]


@pytest.mark.parametrize("case", MALFORMED, ids=[case.name for case in MALFORMED])
async def test_malformed_requests_are_refused_in_any_pieces(case: Malformed) -> None:
    cutting = random.Random(case.name)
    for longest in (1, 3, 200) if len(case.data) < 1000 else (3000,):
        held = HeldConnection()
        at = 0
        while at < len(case.data):
            size = cutting.randint(1, longest)
            held.feed(case.data[at : at + size])
            at += size
        await held.settle()

        assert re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", held.transport.written) == [b"%d" % case.status]
        assert held.transport.ended
        assert not held.lane.heads
        assert not held.app.scopes
        await held.leave()


@pytest.mark.parametrize("path", ["/lane/now", "/lane/soon", "/x"])
async def test_thousands_of_pipelined_requests_do_not_pile_up(path: str) -> None:
    """They are taken up one after the other: no calls within calls, no tasks that wait for their turn."""
    held = HeldConnection()
    one = asked(path)
    most_tasks = 0

    held.feed(one.request * 3000)
    while held.connection._buffer:
        await asyncio.sleep(0)
        most_tasks = max(most_tasks, len(held.state.tasks))
    await held.settle()

    assert answers(bytes(held.transport.written)) == [one.answer] * 3000
    assert most_tasks <= 2
    await held.leave()


@pytest.mark.parametrize("path", ["/lane/hold", "/hold"])
async def test_reading_ahead_is_bounded_while_an_answer_is_under_way(path: str) -> None:
    held = HeldConnection()
    held.feed(asked(path).request)
    await held.settle()

    for _ in range(100):
        if not held.transport.is_paused:
            held.feed(b"GET /x HTTP/1.1\r\nHost: x\r\nA: %b\r\n\r\n" % (b"a" * 10_000))
    was_paused = held.transport.is_paused
    assert was_paused
    assert len(held.connection._buffer) < 100_000

    held.app.release.set()
    for answer in held.lane.answers:
        answer.finish()
    await held.settle()
    assert len(answers(bytes(held.transport.written))) == 8
    assert held.transport.is_paused is False
    await held.leave()


async def test_the_last_answer_lets_reading_go_on() -> None:
    """Left unread, the rest would reset the connection before the client has the answer."""
    held = HeldConnection()
    held.feed(asked("/lane/hold", "GET", "Connection: close").request)

    held.feed(b"x" * 100_000)
    was_paused = held.transport.is_paused
    assert was_paused
    held.lane.answers[0].finish(b"whole")

    assert not held.transport.is_paused
    held.feed(b"x" * 100_000)
    assert held.connection._buffer == b""
    assert answers(bytes(held.transport.written)) == [b"whole"]
    await held.leave()


async def test_answers_do_not_pile_up_for_a_client_that_reads_none() -> None:
    held = HeldConnection()
    held.connection.pause_writing()

    held.feed(asked("/lane/now").request * 3)
    await held.settle()
    assert len(held.lane.heads) == 1

    held.connection.resume_writing()
    await held.settle()
    assert len(held.lane.heads) == 3
    await held.leave()


async def test_what_the_app_does_after_its_answer_does_not_touch_the_next_one() -> None:
    """An app that fails after its answer makes uvicorn close; by then another answer may be under way."""
    held = HeldConnection()
    late = asked("/late")

    held.feed(late.request + asked("/lane/hold").request)
    await held.settle()
    held.lane.answers[0].finish(b"whole")
    await held.settle()

    assert answers(bytes(held.transport.written)) == [late.answer, b"whole"]
    assert not held.transport.ended
    await held.leave()


async def test_an_app_that_reads_no_body_does_not_stop_the_connection() -> None:
    held = HeldConnection()
    body = b"x" * 1_000_000
    unread = asked("/unread", "POST", f"Content-Length: {len(body)}", body=body)

    held.feed(unread.request * 2 + asked("/lane/now").request)
    await held.settle()

    assert len(answers(bytes(held.transport.written))) == 3
    assert not held.transport.is_paused
    await held.leave()
