"""The OpenAI SDK for Python reads the catalogue from a real server."""

from collections.abc import Iterator

import openai
import pytest

from tests.support.service_app import serve, service_app

FLAGSHIP = "baidu/ernie-x1-turbo-32k"


@pytest.fixture(scope="module")
def client() -> Iterator[openai.OpenAI]:
    with serve(service_app()) as address, openai.OpenAI(base_url=f"{address}/v1", api_key="unused") as client:
        yield client


def test_list(client: openai.OpenAI) -> None:
    models = list(client.models.list())

    assert len(models) == 16
    assert models[0].id == FLAGSHIP
    assert {model.object for model in models} == {"model"}
    assert {model.owned_by for model in models} == {"baidu", "huggingfacetb"}


@pytest.mark.parametrize("name", [FLAGSHIP, "ernie-x1-turbo-32k"])
def test_retrieve(client: openai.OpenAI, name: str) -> None:
    model = client.models.retrieve(name)

    assert model.id == FLAGSHIP
    assert model.object == "model"
    assert model.owned_by == "baidu"
    assert model.created == 1_745_539_200


def test_unknown_model_is_the_sdks_own_exception(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.models.retrieve("baidu/nothing")

    assert caught.value.code == "model_not_found"
    assert "baidu/nothing" in caught.value.message
