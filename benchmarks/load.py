"""The load: throughput at many callers by wrk, latency at one caller by a bare socket client."""

import re
import socket
import statistics
import time
from pathlib import Path

from msgspec import Struct

from benchmarks.processes import LOAD_CORE, find_program, run_pinned

PATH = "/v1/chat/completions"
BODY = (
    b'{"model":"baidu/ernie-x1-turbo-32k",'
    b'"messages":[{"role":"user","content":"Hi! What do you think about mankind?"}]}'
)


class Throughput(Struct):
    """Requests a second, and how many answers were no success."""

    requests_per_s: float
    errors: int


class Latency(Struct):
    """Times of single requests, in milliseconds."""

    p50_ms: float
    p99_ms: float


def write_script(folder: Path, token: str) -> Path:
    """Write what wrk sends."""
    script = folder / "request.lua"
    script.write_text(
        'wrk.method = "POST"\n'
        f"wrk.body = [==[{BODY.decode()}]==]\n"
        'wrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.headers["Authorization"] = "Bearer {token}"\n'
    )
    return script


def measure_throughput(port: int, script: Path, *, callers: int, duration_s: int) -> Throughput:
    """Send requests as fast as they are answered."""
    command = [find_program("wrk", "wrk"), "-t1", f"-c{callers}", f"-d{duration_s}s", "-s", str(script)]
    text = run_pinned([*command, f"http://127.0.0.1:{port}{PATH}"], core=LOAD_CORE)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    errors = int(failed[1]) if failed else 0
    errors += sum(int(count) for count in broken.groups()) if broken else 0
    return Throughput(float(rate[1]) if rate else 0.0, errors)


def measure_latency(port: int, token: str, *, requests: int) -> Latency:
    """Send one request after the other on one connection."""
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {token}\r\nContent-Length: {len(BODY)}\r\n\r\n"
    )
    request = head.encode() + BODY
    times_ms = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(requests):
            begin = time.perf_counter_ns()
            connection.sendall(request)
            _read_answer(connection)
            times_ms.append((time.perf_counter_ns() - begin) / 1e6)
    times_ms.sort()
    return Latency(statistics.median(times_ms), times_ms[int(len(times_ms) * 0.99)])


def _read_answer(connection: socket.socket) -> None:
    data = b""
    while (end := data.find(b"\r\n\r\n")) < 0:
        data += _receive(connection)
    head = data[:end].lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(f"the answer is no success: {data[:300]!r}")
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    missing = end + 4 + length - len(data)
    while missing > 0:
        missing -= len(_receive(connection))


def _receive(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise RuntimeError("the connection was closed in the middle of an answer")
    return data
