"""What is compared: Tollway with billing on, nginx as the practical limit, and other gateways, each as it comes."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from msgspec import Struct

from benchmarks import install, load
from benchmarks.processes import GATEWAY_CORE, LOAD_CORE, free_port, running

_CREDITS = 2_000_000_000_000
_LITELLM_KEY = "sk-0f1d6a6e8c5b4a7f9e3d2c1b0a998877"
_FIRST_ANSWER_LIMIT_S = 60.0
_POLL_S = 0.005
TOLLWAY = Path(sys.executable).with_name("tollway")
ALONE = "mock alone"
NGINX = "nginx"
OWN = "Tollway"
VLLM = "vllm-router"
SGLANG = "sglang-router"
RUST = (VLLM, SGLANG)


class Peer(Struct, frozen=True):
    """One running program in front of the mock upstream.

    ``headers`` are what its callers send beside the usual ones, ``start_s`` the time from the start of its process to
    its first answer, and ``slow`` says that it answers less than a hundred requests a second, so that less
    is asked of it and a quick run measures it in the first round only.
    """

    name: str
    port: int
    pid: int
    headers: tuple[str, ...] = ()
    version: str = ""
    start_s: float = 0.0
    slow: bool = False


class BooksError(Exception):
    """The ledger does not balance after a run."""


@contextlib.contextmanager
def mock(folder: Path) -> Iterator[Peer]:
    """Run the upstream, which is also the first row of the table: what the load can ask for at most."""
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.mock_upstream", str(port)]
    with running(command, core=LOAD_CORE, port=port, log=folder / "mock.log") as pid:
        yield Peer(ALONE, port, pid)


@contextlib.contextmanager
def tollway(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run the product itself: keys, limits and durable billing on, as an operator runs it."""
    options = configure(folder, upstream_port)
    token = add_account(options)
    with started_tollway(folder, options, token) as peer:
        yield peer
    check_books(options)


def configure(folder: Path, upstream_port: int) -> list[str]:
    """Write settings for a server before the mock upstream and return the options that every command of it takes."""
    config = folder / "tollway.toml"
    config.write_text(
        f"[engine]\nenabled = false\n[limits]\nrequests_per_minute = {10**9}\nconcurrent_requests = {10**6}\n"
        f"account_requests_per_minute = {10**9}\naccount_concurrent_requests = {10**6}\n"
        '[upstreams.mock]\nkind = "openai_compatible"\nallow_private_addresses = true\n'
        f'base_url = "http://127.0.0.1:{upstream_port}/v1"\nmodels = {{"{load.MODEL}" = "mock"}}\n'
    )
    return ["--data-dir", str(folder / "data"), "--config", str(config)]


def add_account(options: Sequence[str]) -> str:
    """Make an account with a key and credits for any number of calls, and return the key."""
    tollway_json("account", "create", "bench@example.com", *options)
    key = tollway_json("key", "create", "--account", "bench@example.com", *options)["key"]
    tollway_json("credit", "grant", "bench@example.com", "--credits", str(_CREDITS), *options)
    return str(key)


@contextlib.contextmanager
def started_tollway(folder: Path, options: Sequence[str], token: str, *, name: str = OWN) -> Iterator[Peer]:
    """Run a server whose data folder is made."""
    port = free_port()
    command = [str(TOLLWAY), "up", "--port", str(port), "--no-browser", *options]
    with _started(name, command, port, folder, headers=(f"Authorization: Bearer {token}",)) as peer:
        yield peer


def check_books(options: Sequence[str]) -> None:
    """Verify the ledger.

    Raises:
        BooksError: it does not balance.
    """
    books = tollway_json("ledger", "verify", *options)
    if not books["ok"]:
        raise BooksError(f"the books do not balance after the run: {books}")


def tollway_json(*arguments: str) -> dict[str, object]:
    """Run a command of the product and return what it answers."""
    done = subprocess.run([str(TOLLWAY), *arguments, "--json"], check=True, capture_output=True, text=True)
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


@contextlib.contextmanager
def nginx(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run nginx as a plain proxy with one worker and kept connections: the practical limit."""
    program = install.debian_program("nginx")
    port, home = free_port(), folder / "home"
    home.mkdir()
    config = home / "nginx.conf"
    config.write_text(
        f"worker_processes 1; daemon off; pid {home}/pid; error_log {home}/error.log;\n"
        "events { worker_connections 8192; }\n"
        f"http {{ access_log off; client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;\n"
        f"fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;\n"
        "keepalive_requests 100000000; client_body_buffer_size 1m;\n"
        f"upstream mock {{ server 127.0.0.1:{upstream_port}; keepalive 2048; keepalive_requests 100000000; }}\n"
        f"server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://mock;\n"
        'proxy_http_version 1.1; proxy_set_header Connection ""; } } }\n'
    )
    shown = subprocess.run([program, "-v"], check=True, capture_output=True, text=True).stderr
    command = [program, "-p", str(home), "-e", str(home / "error.log"), "-c", str(config)]
    with _started(NGINX, command, port, folder, version=shown.strip().rpartition("/")[2]) as peer:
        yield peer


@contextlib.contextmanager
def vllm_router(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run vLLM's router, written in Rust, before one worker."""
    program = install.python_program("vllm-router", "vllm-router")
    with _rust_router(VLLM, [program, "--log-level", "warning"], folder, upstream_port) as peer:
        yield peer


@contextlib.contextmanager
def sglang_router(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run SGLang's router, written in Rust, before one worker."""
    program = install.python_program("sglang-router", "sglang-router")
    with _rust_router(SGLANG, [program, "launch", "--log-level", "warn"], folder, upstream_port) as peer:
        yield peer


def _rust_router(name: str, command: Sequence[str], folder: Path, upstream_port: int) -> AbstractContextManager[Peer]:
    """Start a router with its cheapest policy; it checks the health of its worker once a minute."""
    port = free_port()
    ports = ["--host", "127.0.0.1", "--port", str(port), "--prometheus-port", str(free_port())]
    worker = ["--worker-urls", f"http://127.0.0.1:{upstream_port}", "--worker-startup-check-interval", "1"]
    options = [*ports, *worker, "--policy", "round_robin", "--prometheus-host", "127.0.0.1"]
    return _started(name, [*command, *options], port, folder, version=install.locked_version(name, name))


@contextlib.contextmanager
def starlette(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run the pass-through on Starlette and aiohttp."""
    port = free_port()
    upstream = f"http://127.0.0.1:{upstream_port}{load.PATH}"
    command = [sys.executable, "-m", "benchmarks.starlette_peer", str(port), upstream]
    with _started("Starlette + aiohttp", command, port, folder) as peer:
        yield peer


@contextlib.contextmanager
def portkey(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run Portkey's gateway on Node; its callers name the upstream in headers."""
    package, port = "@portkey-ai/gateway", free_port()
    command = install.node_program(package, "build/start-server.js")
    version = json.loads((install.ROOT / "benchmarks/node/package.json").read_text())["dependencies"][package]
    headers = (
        "Authorization: Bearer none",
        "x-portkey-provider: openai",
        f"x-portkey-custom-host: http://127.0.0.1:{upstream_port}/v1",
    )
    command += [f"--port={port}", "--headless"]
    production = {"NODE_ENV": "production"}
    with _started("Portkey", command, port, folder, headers, version, variables=production) as peer:
        yield peer


@contextlib.contextmanager
def litellm(folder: Path, upstream_port: int) -> Iterator[Peer]:
    """Run LiteLLM's proxy with one worker, one master key and no database, so without billing."""
    program, port = install.python_program("litellm", "litellm"), free_port()
    config = folder / "litellm.yaml"
    config.write_text(
        f"model_list:\n  - model_name: {load.MODEL}\n    litellm_params:\n      model: openai/mock\n"
        f"      api_base: http://127.0.0.1:{upstream_port}/v1\n      api_key: none\n"
        f"litellm_settings:\n  telemetry: false\ngeneral_settings:\n  master_key: {_LITELLM_KEY}\n"
    )
    command = [program, "--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--num_workers", "1"]
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR", "LITELLM_MODE": "PRODUCTION"}
    headers, version = (f"Authorization: Bearer {_LITELLM_KEY}",), install.locked_version("litellm", "litellm")
    with _started("LiteLLM", command, port, folder, headers, version, variables=quiet, slow=True) as peer:
        yield peer


STARTERS: dict[str, Callable[[Path, int], AbstractContextManager[Peer]]] = {
    "nginx": nginx,
    "tollway": tollway,
    "vllm-router": vllm_router,
    "sglang-router": sglang_router,
    "starlette": starlette,
    "portkey": portkey,
    "litellm": litellm,
}


@contextlib.contextmanager
def _started(
    name: str,
    command: Sequence[str],
    port: int,
    folder: Path,
    headers: tuple[str, ...] = (),
    version: str = "",
    *,
    variables: Mapping[str, str] | None = None,
    slow: bool = False,
) -> Iterator[Peer]:
    began = time.monotonic()
    log = folder / "server.log"
    with running(command, core=GATEWAY_CORE, port=port, log=log, environment=variables) as pid:
        answer = b""
        while not answer.startswith(b"HTTP/1.1 200"):
            if time.monotonic() - began > _FIRST_ANSWER_LIMIT_S:
                raise RuntimeError(f"{name} gave no good answer: {answer[:300]!r}")
            time.sleep(_POLL_S)
            answer = load.ask_once(port, load.request(port, load.BODY, headers))
        yield Peer(name, port, pid, headers, version, time.monotonic() - began, slow)
