"""The shipped model files, against the contract's list, and what a wrong file is told."""

from decimal import Decimal
from pathlib import Path

import pytest

from tollway.catalog.errors import CatalogError
from tollway.catalog.loader import load_models
from tollway.catalog.types import Model

FLAGSHIP = "baidu/ernie-x1-turbo-32k"
EMBEDDED = "huggingfacetb/smollm2-135m-instruct"
# Name, context and dollars per million tokens in and out, as the contract's section on the catalogue lists them.
LISTED = {
    "ernie-x1-turbo-32k": (32_000, ".175", ".695"),
    "ernie-x1.1-preview": (64_000, ".165", ".661"),
    "ernie-4.5-turbo-128k": (128_000, ".145", ".579"),
    "ernie-4.5-turbo-vl-32k": (32_000, ".503", "1.510"),
    "ernie-4.5-8k-preview": (8_000, ".666", "2.665"),
    "ernie-5.0-thinking-latest": (128_000, ".416", "1.665"),
    "ernie-5.0-thinking-preview": (128_000, ".416", "1.665"),
    "ernie-4.5-21b-a3b": (120_000, ".075", ".302"),
    "ernie-4.5-21b-a3b-thinking": (131_000, ".075", ".302"),
    "ernie-4.5-vl-28b-a3b": (30_000, ".151", ".603"),
    "ernie-4.5-300b-a47b": (123_000, ".320", "1.258"),
    "ernie-4.5-300b-a47b-paddle": (123_000, ".268", "1.052"),
    "ernie-4.5-vl-424b-a47b": (123_000, ".456", "1.356"),
    "ernie-4.5-0.3b": (120_000, None, None),
    "ernie-5.0": (128_000, None, None),
}
GOOD = """
id = "acme/one"
name = "One"
developer = "Acme"
description = "A model."
context_length = 1000
output_max = 500
default_output_tokens = 100
"""


@pytest.fixture(scope="module")
def shipped() -> dict[str, Model]:
    return {model.id: model for model in load_models()}


def nanousd(usd_a_million: str) -> int:
    return int(Decimal(usd_a_million) * 1000)


def test_exactly_the_listed_models_are_shipped(shipped: dict[str, Model]) -> None:
    assert set(shipped) == {f"baidu/{name}" for name in LISTED} | {EMBEDDED}


@pytest.mark.parametrize("name", LISTED)
def test_context_and_prices_are_the_listed_ones(shipped: dict[str, Model], name: str) -> None:
    model = shipped[f"baidu/{name}"]
    context, price_in, price_out = LISTED[name]

    assert model.context_length == context
    if price_in is None or price_out is None:
        assert model.price is None
    else:
        assert model.price is not None
        assert model.price.input_nanousd == nanousd(price_in)
        assert model.price.output_nanousd == nanousd(price_out)
        assert model.price.reasoning_nanousd == 0


def test_flagship_and_embedded_model(shipped: dict[str, Model]) -> None:
    embedded = shipped[EMBEDDED]

    assert shipped[FLAGSHIP].stand_in
    assert shipped[FLAGSHIP].output_max == 28_000
    assert embedded.price is not None
    assert (embedded.price.input_nanousd, embedded.price.output_nanousd, embedded.price.reasoning_nanousd) == (0, 0, 0)
    assert [model.id for model in shipped.values() if model.stand_in and model.id != EMBEDDED] == [FLAGSHIP]


def test_models_that_take_images_are_the_vl_ones(shipped: dict[str, Model]) -> None:
    assert {model.id for model in shipped.values() if "image" in model.input_modalities} == {
        model_id for model_id in shipped if "-vl-" in model_id
    }


def test_bare_and_dashed_names_are_aliases(shipped: dict[str, Model]) -> None:
    assert "ernie-x1-turbo-32k" in shipped[FLAGSHIP].aliases
    assert "baidu/ernie-4-5-turbo-vl-32k" in shipped["baidu/ernie-4.5-turbo-vl-32k"].aliases


def test_own_file_adds_a_model(tmp_path: Path) -> None:
    (tmp_path / "one.toml").write_text(GOOD)

    assert "acme/one" in {model.id for model in load_models(tmp_path)}


def test_own_file_replaces_the_shipped_one(tmp_path: Path) -> None:
    text = GOOD.replace("acme/one", "baidu/ernie-5.0") + "[price]\ninput_nanousd = 7\noutput_nanousd = 9\n"
    (tmp_path / "priced.toml").write_text(text)

    models = {model.id: model for model in load_models(tmp_path)}

    assert len(models) == len(LISTED) + 1
    assert models["baidu/ernie-5.0"].price is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "colour = 'red'\n", "colour"),
        (GOOD.replace("context_length = 1000", ""), "context_length"),
        (GOOD.replace("1000", "'long'"), "context_length"),
        (GOOD.replace("output_max = 500", "output_max = 1001"), "output_max"),
        (GOOD.replace("default_output_tokens = 100", "default_output_tokens = 501"), "default_output_tokens"),
        (GOOD.replace("context_length = 1000", "context_length = 0"), "context_length"),
        (GOOD.replace("acme/one", "Acme/One"), "id"),
        (GOOD.replace("acme/one", "one"), "id"),
        (GOOD + "aliases = ['Mixed Case']\n", "aliases"),
        (GOOD + "aliases = ['ernie-x1-turbo-32k']\n", "aliases"),
        (GOOD + "released_at = '31.12.2025'\n", "released_at"),
        (GOOD + "successor = 'acme/two'\n", "successor"),
        (GOOD + "input_modalities = ['smell']\n", "input_modalities"),
        (GOOD + "[price]\ninput_nanousd = -1\noutput_nanousd = 1\n", "price.input_nanousd"),
        (GOOD + "[price]\ninput_nanousd = 0.175\noutput_nanousd = 1\n", "price.input_nanousd"),
        (GOOD + "[price]\ninput_nanousd = 1\n", "output_nanousd"),
        ("id = ", "TOML"),
    ],
)
def test_wrong_file_is_refused_with_its_name_and_field(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "wrong-one.toml").write_text(text)

    with pytest.raises(CatalogError, match=rf"(?s)wrong-one\.toml.*{said}"):
        load_models(tmp_path)


def test_two_own_files_with_one_id_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(GOOD)
    (tmp_path / "b.toml").write_text(GOOD)

    with pytest.raises(CatalogError, match=r"b\.toml: id: .*a\.toml"):
        load_models(tmp_path)


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="nowhere"):
        load_models(tmp_path / "nowhere")
