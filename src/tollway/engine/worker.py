"""The engine's process: ``python -m tollway.engine.worker``, parameters as one JSON line on standard input.

It writes one JSON line when it answers, and ends when standard input closes, which happens whenever the gateway is
gone, however it went. SIGTERM ends it at once: llama.cpp holds nothing that must be saved.
"""

import json
import os
import sys
import threading
import urllib.request
from typing import Any

import msgspec

from tollway.engine.tags import THINK_TAGS
from tollway.engine.worker_protocol import WorkerFacts, WorkerParameters

EXIT_BAD_WEIGHTS = 3
_LOG_ERRORS = 1
"""llama.cpp's level at which it stays silent about single requests."""


def main() -> None:
    """Serve until standard input closes."""
    answer_descriptor = _keep_standard_output()
    parameters = msgspec.json.decode(sys.stdin.buffer.readline(), type=WorkerParameters)
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    try:
        server = _start(parameters)
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(EXIT_BAD_WEIGHTS)
    facts = _facts(server.listening_address, parameters)
    os.write(answer_descriptor, msgspec.json.encode(facts) + b"\n")
    threading.Event().wait()


def _keep_standard_output() -> int:
    """Keep the gateway's pipe for our one line: llama.cpp also writes to standard output."""
    kept = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return kept


def _exit_with_parent() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    # The interpreter's own exit would wait for llama.cpp's threads.
    os._exit(0)


def _start(parameters: WorkerParameters) -> Any:  # noqa: ANN401 - xllamacpp carries no types
    import xllamacpp  # noqa: PLC0415 - in this process only, and after the parent is watched

    settings = xllamacpp.CommonParams()
    settings.model.path = parameters.weights
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.api_keys = [parameters.api_key]
    settings.n_parallel = parameters.slots
    settings.n_ctx = parameters.context_tokens * parameters.slots
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = parameters.threads or _default_threads()
    if parameters.chat_template is not None:
        settings.chat_template = parameters.chat_template
    settings.ui = False
    settings.endpoint_slots = False
    settings.cors_origins = ""
    settings.offline = True
    settings.verbosity = _LOG_ERRORS
    # Each slot keeps its own state; a second cache beside it may grow to 8 GiB by default.
    settings.cache_ram_mib = 0
    settings.cache_idle_slots = False
    # A conversation that ends with the assistant's turn is answered by a new turn, not continued.
    settings.prefill_assistant = False
    return xllamacpp.Server(settings)


def _default_threads() -> int:
    """Leave one core to the gateway.

    llama.cpp's threads wait for each other at every step: as soon as something else takes one of their cores, all of
    them wait. Measured with a second load on two cores: 2 tokens/s with two threads, 28 with one.
    """
    return max(1, (os.cpu_count() or 1) - 1)


def _facts(address: str, parameters: WorkerParameters) -> WorkerFacts:
    properties = _ask(address, "/props", parameters.api_key, None)
    template = str(properties.get("chat_template", ""))
    opening = str(properties.get("bos_token", ""))
    tokens = _ask(
        address, "/tokenize", parameters.api_key, {"content": opening, "add_special": False, "parse_special": True}
    )["tokens"]
    return WorkerFacts(
        port=int(address.rpartition(":")[2]),
        context_tokens=int(properties["default_generation_settings"]["n_ctx"]),
        thinks=any(tag in template for tag in THINK_TAGS),
        turn_tokens=tuple(tokens) if len(tokens) == 1 else (),
    )


def _ask(address: str, path: str, api_key: str, body: dict[str, Any] | None) -> dict[str, Any]:
    """Ask llama.cpp, which listens on loopback in this very process."""
    request = urllib.request.Request(  # noqa: S310 - the address is the server's own
        address + path,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
    )
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


if __name__ == "__main__":
    main()
