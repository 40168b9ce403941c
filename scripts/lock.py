"""Renew the locks in requirements/ from pyproject.toml, with a hash for every file of every package.

The locks name no package index and no path, so that they mean the same on every machine.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = Path(sys.executable).parent / "uv"
OPTIONS = (
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-header",
    "--no-annotate",
)
# In this order: a later lock takes the versions of the ones before it.
SOURCES = {
    "runtime": ("pyproject.toml",),
    "build": ("--group=build",),
    "dev": ("pyproject.toml", "--group=dev", "--extra=otel"),
}
# What the benchmark compares with; nothing of it is installed beside the product.
PEERS = {
    "peer-litellm": "litellm[proxy]==1.106.12",
    "peer-sglang-router": "sglang-router==0.3.2",
    "peer-vllm-router": "vllm-router==0.1.17",
}


def main() -> None:
    """Write the locks; arguments such as `--upgrade` are handed to `uv pip compile`."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PIP_FIND_LINKS", "UV_FIND_LINKS"}}
    done: list[str] = []
    for name, sources in SOURCES.items():
        lock = f"requirements/{name}.txt"
        constraints = [f"--constraints={earlier}" for earlier in done]
        command = [str(UV), "pip", "compile", *OPTIONS, *sources, *constraints, *sys.argv[1:], "--output-file", lock]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        refuse_addresses(lock)
        done.append(lock)
    for name, wanted in PEERS.items():
        lock = f"requirements/{name}.txt"
        command = [str(UV), "pip", "compile", *OPTIONS, "-", *sys.argv[1:], "--output-file", lock]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, input=wanted, text=True)
        refuse_addresses(lock)


def refuse_addresses(lock: str) -> None:
    """End when a lock tells where packages come from."""
    if "://" in (ROOT / lock).read_text():
        raise SystemExit(f"{lock} holds an address; a lock names packages, versions and hashes only")


if __name__ == "__main__":
    main()
