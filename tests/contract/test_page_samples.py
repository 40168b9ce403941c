"""The two code samples of the model's page, run as they stand with only the address and the key changed."""

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import contract
from tests.support.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGE_ADDRESS = "https://api.aimlapi.com"
PAGE_KEY = "<YOUR_AIMLAPI_KEY>"
_LIMIT_S = 60.0


async def run_sample(served: Served, program: Path, sample: Path, folder: Path) -> str:
    text = sample.read_text()
    assert text.count(PAGE_ADDRESS) == 1
    changed = folder / sample.name
    changed.write_text(text.replace(PAGE_ADDRESS, served.url).replace(PAGE_KEY, served.gateway.key))
    process = await asyncio.create_subprocess_exec(
        program, changed, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | {"NO_PROXY": "127.0.0.1"}
    )
    output, errors = await asyncio.wait_for(process.communicate(), _LIMIT_S)
    assert process.returncode == 0, errors.decode()
    return output.decode()


@pytest.fixture(params=["page_sample.py", "page_sample.js"])
def sample(request: pytest.FixtureRequest, contract_folder: Path) -> Path:
    name: str = request.param
    return contract_folder / "samples" / name


async def test_sample_prints_the_answer_of_the_page(
    served: Served, sample: Path, node: Path, contract_folder: Path, tmp_path: Path
) -> None:
    program = Path(sys.executable) if sample.suffix == ".py" else node

    answer = json.loads(await run_sample(served, program, sample, tmp_path))

    contract.validate_response(answer)
    assert re.fullmatch(r"as-[a-z0-9]{10}", answer["id"])
    page = json.loads((contract_folder / "golden" / "page_response.json").read_text())
    page["meta"]["usage"]["usd_spent"] = 0.0001955
    assert answer == page | {"created": answer["created"]}


async def test_sample_asks_what_the_page_asks(served: Served, sample: Path, node: Path, tmp_path: Path) -> None:
    program = Path(sys.executable) if sample.suffix == ".py" else node

    await run_sample(served, program, sample, tmp_path)

    sent = served.upstream.requests[-1].json
    assert sent["messages"] == [{"role": "user", "content": "Hi! What do you think about mankind?"}]
    assert sent["model"] == "ernie-x1-turbo-32k"
    assert "stream" not in sent
