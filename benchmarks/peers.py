"""What is compared: Tollway with billing on, nginx as a plain proxy, and a Starlette and aiohttp pass-through."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from benchmarks.processes import GATEWAY_CORE, find_program, free_port, running

_CREDITS = 2_000_000_000_000
TOLLWAY = Path(sys.executable).with_name("tollway")


class Peer(Struct, frozen=True):
    """One program in front of the mock upstream; ``token`` is what its callers send."""

    name: str
    port: int
    token: str = "none"


@contextlib.contextmanager
def tollway(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run the product itself: keys, limits and durable billing on, as an operator runs it."""
    data, config, port = folder / "data", folder / "tollway.toml", free_port()
    config.write_text(
        f"[engine]\nenabled = false\n[limits]\nrequests_per_minute = {10**9}\nconcurrent_requests = {10**6}\n"
        f"account_requests_per_minute = {10**9}\naccount_concurrent_requests = {10**6}\n"
        '[upstreams.mock]\nkind = "openai_compatible"\nallow_private_addresses = true\n'
        f'base_url = "http://127.0.0.1:{upstream_port}/v1"\nmodels = {{"baidu/ernie-x1-turbo-32k" = "mock"}}\n'
    )
    options = ["--data-dir", str(data), "--config", str(config)]
    tollway_json("account", "create", "bench@example.com", *options)
    key = tollway_json("key", "create", "--account", "bench@example.com", *options)["key"]
    tollway_json("credit", "grant", "bench@example.com", "--credits", str(_CREDITS), *options)
    command = [str(TOLLWAY), "up", "--port", str(port), "--no-browser", *options]
    with running(command, core=GATEWAY_CORE, port=port, log=folder / "tollway.log"):
        yield Peer("Tollway, durable billing on", port, str(key))
    books = tollway_json("ledger", "verify", *options)
    if not books["ok"]:
        raise RuntimeError(f"the books do not balance after the run: {books}")


def tollway_json(*arguments: str) -> dict[str, object]:
    """Run a command of the product and return what it answers."""
    done = subprocess.run([str(TOLLWAY), *arguments, "--json"], check=True, capture_output=True, text=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@contextlib.contextmanager
def nginx(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run nginx as a plain proxy with one worker and kept connections: the practical limit."""
    port, home = free_port(), folder / "nginx"
    home.mkdir()
    config = home / "nginx.conf"
    config.write_text(
        f"worker_processes 1; daemon off; pid {home}/pid; error_log {home}/error.log;\n"
        "events { worker_connections 4096; }\n"
        f"http {{ access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;\n"
        f"fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;\n"
        "keepalive_requests 100000000;\n"
        f"upstream mock {{ server 127.0.0.1:{upstream_port}; keepalive 1024; keepalive_requests 100000000; }}\n"
        f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://mock; proxy_http_version 1.1;\n"
        'proxy_set_header Connection ""; } } }\n'
    )
    command = [find_program("nginx", "nginx"), "-p", str(home), "-e", str(home / "error.log"), "-c", str(config)]
    with running(command, core=GATEWAY_CORE, port=port, log=folder / "nginx.log"):
        yield Peer("nginx, plain proxy", port)


@contextlib.contextmanager
def starlette(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run the pass-through on Starlette and aiohttp."""
    port = free_port()
    upstream = f"http://127.0.0.1:{upstream_port}/v1/chat/completions"
    command = [sys.executable, "-m", "benchmarks.starlette_peer", str(port), upstream]
    with running(command, core=GATEWAY_CORE, port=port, log=folder / "starlette.log"):
        yield Peer("Starlette + aiohttp, pass-through", port)
