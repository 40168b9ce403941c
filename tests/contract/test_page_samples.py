"""The two code samples of the model's page, run as they stand with only the address and the key changed."""

import json
from pathlib import Path

import pytest

from tests.support import contract
from tests.support.page_samples import SAMPLES, run_sample
from tests.support.served import Served

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("sample", SAMPLES)
async def test_sample_prints_the_answer_of_the_page(
    served: Served, sample: str, node: Path, contract_folder: Path, tmp_path: Path
) -> None:
    path = contract_folder / "samples" / sample

    answer = await run_sample(path, node, tmp_path, url=served.url, key=served.gateway.key)

    contract.validate_response(answer)
    page = json.loads((contract_folder / "golden" / "page_response.json").read_text(encoding="utf-8"))
    page["meta"]["usage"]["usd_spent"] = 0.0001955
    assert answer == page | {"created": answer["created"]}
    sent = served.upstream.requests[-1].json
    assert sent["messages"] == [{"role": "user", "content": "Hi! What do you think about mankind?"}]
    assert sent["model"] == "ernie-x1-turbo-32k"
    assert "stream" not in sent
