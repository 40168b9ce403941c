"""The load: throughput by wrk, latency at one caller by a bare socket client, streams by a process of their own."""

import json
import re
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks import install, mock_upstream
from benchmarks.processes import LOAD_CORE, run_pinned, start_pinned
from benchmarks.streams import Measured, Plan

PATH = "/v1/chat/completions"
MODEL = "baidu/ernie-x1-turbo-32k"
_TIMEOUT_S = 30
_LATENCIES_MIN = 5


def _body(prompt: str, *, stream: bool = False) -> bytes:
    flag = {"stream": True} if stream else {}
    messages = [{"role": "user", "content": prompt}]
    return json.dumps({"model": MODEL, **flag, "messages": messages}, separators=(",", ":")).encode()


_QUESTION = "Hi! What do you think about mankind?"
BODY = _body(_QUESTION)
LONG_BODY = _body("A toll is paid once at the gate. " * 3_000)
"""A prompt of about 24,000 tokens: 99 KB."""
STREAM_BODY = _body(_QUESTION, stream=True)
PACED_BODY = _body(f"{_QUESTION} {mock_upstream.PACED.decode()}", stream=True)
FLOOD_BODY = _body(f"{_QUESTION} {mock_upstream.FLOOD.decode()}", stream=True)


class Throughput(Struct):
    """Requests a second, and how many answers were no success."""

    requests_per_s: float
    errors: int


class Latency(Struct):
    """Times of single requests, in milliseconds."""

    p50_ms: float
    p99_ms: float


def request(port: int, body: bytes, headers: tuple[str, ...]) -> bytes:
    """Return a whole request."""
    lines = [f"POST {PATH} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def ask_once(port: int, data: bytes) -> bytes:
    """Send a request on a connection of its own and return the begin of what comes, empty if nothing does."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(data)
            return connection.recv(65536)
    except OSError:
        return b""


def measure_throughput(
    folder: Path, port: int, headers: tuple[str, ...], *, callers: int, duration_s: float, body: bytes = BODY
) -> Throughput:
    """Send requests as fast as they are answered."""
    script = folder / "request.lua"
    named = "".join(f'wrk.headers["{name}"] = "{value}"\n' for name, _, value in (h.partition(": ") for h in headers))
    script.write_text(
        f'wrk.method = "POST"\nwrk.body = [==[{body.decode()}]==]\n'
        f'wrk.headers["Content-Type"] = "application/json"\n{named}'
    )
    command = [install.debian_program("wrk"), "-t1", f"-c{callers}", f"-d{max(1, round(duration_s))}s"]
    command += ["--timeout", f"{_TIMEOUT_S}s", "-s", str(script), f"http://127.0.0.1:{port}{PATH}"]
    text = run_pinned(command, core=LOAD_CORE)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    errors = int(failed[1]) if failed else 0
    errors += sum(int(count) for count in broken.groups()) if broken else 0
    return Throughput(float(rate[1]) if rate else 0.0, errors)


def measure_latency(
    port: int, headers: tuple[str, ...], *, requests: int, limit_s: float, body: bytes = BODY
) -> Latency:
    """Send one request after the other on one connection, until there are enough or the time is over."""
    data = request(port, body, headers)
    times_ms: list[float] = []
    deadline = time.monotonic() + limit_s
    with socket.create_connection(("127.0.0.1", port), timeout=_TIMEOUT_S) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while len(times_ms) < _LATENCIES_MIN or (len(times_ms) < requests and time.monotonic() < deadline):
            begin = time.perf_counter_ns()
            connection.sendall(data)
            _read_answer(connection)
            times_ms.append((time.perf_counter_ns() - begin) / 1e6)
    times_ms.sort()
    return Latency(statistics.median(times_ms), times_ms[int(len(times_ms) * 0.99)])


def start_streams(folder: Path, plan: Plan) -> "subprocess.Popen[str]":
    """Start the streaming client, so that something can be watched meanwhile."""
    return start_pinned(_streams_command(folder, plan), core=LOAD_CORE)


def measure_streams(folder: Path, plan: Plan) -> Measured:
    """Run the streaming client."""
    return read_streams(start_streams(folder, plan))


def read_streams(client: "subprocess.Popen[str]") -> Measured:
    """Wait for the streaming client and return what it measured."""
    printed, _ = client.communicate()
    if client.returncode != 0:
        raise RuntimeError(f"the streaming client ended with {client.returncode}")
    return msgspec.json.decode(printed, type=Measured)


def stream_request(port: int, headers: tuple[str, ...], *, paced: bool) -> str:
    """Return the request of a stream, all at once or paced."""
    return request(port, PACED_BODY if paced else STREAM_BODY, headers).decode()


def _streams_command(folder: Path, plan: Plan) -> list[str]:
    file = folder / "streams.json"
    file.write_bytes(msgspec.json.encode(plan))
    return [sys.executable, "-m", "benchmarks.streams", str(file)]


def _read_answer(connection: socket.socket) -> None:
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _receive(connection)
    head = data[:end].lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(f"the answer is no success: {data[:300]!r}")
    length = re.search(rb"\r\ncontent-length:\s*(\d+)", head)
    if length is None:  # The answer is chunked.
        while not data.endswith(b"\r\n0\r\n\r\n"):
            data += _receive(connection)
        return
    missing = end + 4 + int(length[1]) - len(data)
    while missing > 0:
        missing -= len(_receive(connection))


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise RuntimeError("the connection was closed in the middle of an answer")
    return data
