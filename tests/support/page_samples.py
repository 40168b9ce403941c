"""Running the code samples of the model's page with only the address and the key changed."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PAGE_ADDRESS = "https://api.aimlapi.com"
PAGE_KEY = "<YOUR_AIMLAPI_KEY>"
SAMPLES = ("page_sample.py", "page_sample.js")
_LIMIT_S = 900.0


async def run_sample(sample: Path, node: Path, folder: Path, *, url: str, key: str) -> dict[str, Any]:
    """Run a sample in a process of its own and return the JSON that it prints; ``folder`` takes the changed copy."""
    changed = _changed_copy(sample, folder, url, key)
    process = await asyncio.create_subprocess_exec(
        sys.executable if sample.suffix == ".py" else node, changed,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"NO_PROXY": "127.0.0.1"},
    )  # fmt: skip
    output, errors = await asyncio.wait_for(process.communicate(), _LIMIT_S)
    assert process.returncode == 0, errors.decode()
    answer: dict[str, Any] = json.loads(output)
    return answer


def _changed_copy(sample: Path, folder: Path, url: str, key: str) -> Path:
    text = sample.read_text(encoding="utf-8")
    assert text.count(PAGE_ADDRESS) == 1
    changed = folder / sample.name
    changed.write_text(text.replace(PAGE_ADDRESS, url).replace(PAGE_KEY, key), encoding="utf-8")
    return changed
