from collections.abc import Callable

import pytest

from tollway.catalog.errors import UnknownModelError
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.catalog.types import Model


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog(load_models())


@pytest.fixture
def make_model() -> Callable[..., Model]:
    def make(model_id: str, **fields: object) -> Model:
        given = {"name": "M", "developer": "D", "description": "A model.", "context_length": 10, "output_max": 5}
        return Model(id=model_id, **(given | {"default_output_tokens": 5} | fields))  # type: ignore[arg-type] # any field

    return make


def test_flagship_comes_first(catalog: Catalog) -> None:
    assert catalog.all()[0].id == "baidu/ernie-x1-turbo-32k"
    assert len(catalog.all()) == 16


@pytest.mark.parametrize(
    "name",
    [
        "baidu/ernie-4.5-turbo-vl-32k",
        "ernie-4.5-turbo-vl-32k",
        "baidu/ernie-4-5-turbo-vl-32k",
        "Baidu/ERNIE-4.5-Turbo-VL-32K",
    ],
)
def test_every_name_finds_the_model(catalog: Catalog, name: str) -> None:
    assert catalog.resolve(name).id == "baidu/ernie-4.5-turbo-vl-32k"


def test_near_miss_gets_a_hint(catalog: Catalog) -> None:
    with pytest.raises(UnknownModelError) as caught:
        catalog.resolve("ernie-x1-turbo")

    assert caught.value.status == 404
    assert caught.value.param == "model"
    assert caught.value.code == "model_not_found"
    assert "Did you mean 'baidu/ernie-x1-turbo-32k'?" in caught.value.message


@pytest.mark.parametrize("name", ["", "zzz", "x" * 1_000_000])
def test_any_other_name_is_refused_at_once(catalog: Catalog, name: str) -> None:
    with pytest.raises(UnknownModelError) as caught:
        catalog.resolve(name)

    assert len(caught.value.message) < 300


def test_deprecated_model_names_its_successor(make_model: Callable[..., Model]) -> None:
    catalog = Catalog([make_model("a/old", aliases=("old",), successor="a/new"), make_model("a/new")])

    assert [model.id for model in catalog.all()] == ["a/new"]
    for name in ("a/old", "OLD"):
        with pytest.raises(UnknownModelError, match="'a/new'") as caught:
            catalog.resolve(name)
        assert caught.value.code == "model_deprecated"


def test_disabled_model_is_not_offered(make_model: Callable[..., Model]) -> None:
    catalog = Catalog([make_model("a/off", enabled=False)])

    assert catalog.all() == ()
    with pytest.raises(UnknownModelError):
        catalog.resolve("a/off")
