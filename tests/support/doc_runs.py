"""Running the documentation's samples in few processes: one for Python, one for JavaScript, some for shell."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.doc_blocks import ADDRESS, Block

_PYTHON_RUNNER = Path(__file__).with_name("run_doc_samples.py")
_NODE_RUNNER = Path(__file__).with_name("run_doc_samples.mjs")
_SUFFIXES = {"python": ".py", "javascript": ".mjs", "sh": ".sh"}
_LIMIT_S = 240.0


@dataclass(frozen=True)
class Outcome:
    """What a sample printed, and how it failed or None."""

    printed: str
    failure: str | None


async def run_samples(samples: Sequence[Block], folder: Path, node: Path, *, url: str, key: str) -> dict[str, Outcome]:
    """Run samples that stand in ``folder`` with the server's own address; the outcomes go by the samples' ids.

    Languages come one after another, so that what one of them is answered does not depend on the others.
    """
    files = {sample: folder / f"{sample.id}{_SUFFIXES[sample.language]}" for sample in samples}
    for sample, file in files.items():
        assert "127.0.0.1" not in sample.code.replace(ADDRESS, "")
        assert ADDRESS in sample.code
        file.write_text(sample.code.replace(ADDRESS, url), encoding="utf-8")
    environment = os.environ | {"TOLLWAY_KEY": key, "NO_PROXY": "127.0.0.1"}
    outcomes: dict[str, Outcome] = {}
    # -P: modules of the runner's folder must not stand in for those of the standard library.
    commands = {"python": (sys.executable, "-P", _PYTHON_RUNNER), "javascript": (node, _NODE_RUNNER)}
    for language, command in commands.items():
        chosen = {sample: file for sample, file in files.items() if sample.language == language}
        code, printed, errors = await _run(command, *chosen.values(), environment=environment)
        assert code == 0, errors
        results = json.loads(printed)
        outcomes |= {sample.id: Outcome(**results[str(file)]) for sample, file in chosen.items()}
    for sample, file in files.items():
        if sample.language == "sh":
            code, printed, errors = await _run(("bash", "-eu", "-o", "pipefail"), file, environment=environment)
            outcomes[sample.id] = Outcome(printed, None if code == 0 else f"{errors}{printed}")
    return outcomes


async def _run(command: Sequence[str | Path], *files: Path, environment: dict[str, str]) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *command, *files, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    )
    output, errors = await asyncio.wait_for(process.communicate(), _LIMIT_S)
    return process.returncode or 0, output.decode(), errors.decode()
