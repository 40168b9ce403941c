"""A server starts with settings that are probably wrong, and says so."""

import pytest

from tollway.app import start_warnings
from tollway.catalog.loader import load_models
from tollway.catalog.service import Catalog
from tollway.kit.settings import ServerSettings, Settings, UpstreamSettings


def warnings(*, models: dict[str, str] | None = None, public_url: str | None = None) -> tuple[str, ...]:
    upstream = UpstreamSettings(kind="openai_compatible", base_url="https://gpu.example.org/v1", models=models or {})
    settings = Settings(upstreams={"gpu": upstream}, server=ServerSettings(public_url=public_url))
    return start_warnings(settings, {"TOLLWAY_QIANFAN_API_KEY": "key"}, Catalog(load_models()))


def test_misspelt_model_ids_are_named_with_their_upstream() -> None:
    (warning,) = warnings(models={"baidu/ernie-x1-turbo-23k": "x1", "baidu/ernie-x1.1-preview": "x1.1"})

    assert warning.startswith("upstreams.gpu.models: ")
    assert "'baidu/ernie-x1-turbo-23k'" in warning
    assert "'baidu/ernie-x1-turbo-32k'" in warning


def test_an_alias_routes_nothing_and_is_warned_of() -> None:
    (warning,) = warnings(models={"ernie-x1-turbo-32k": "x1"})

    assert "another name of 'baidu/ernie-x1-turbo-32k'" in warning


@pytest.mark.parametrize(
    ("public_url", "warned"),
    [
        (None, False),
        ("https://llm.example.org", False),
        ("http://127.0.0.1:8080", False),
        ("http://[::1]:8080", False),
        ("http://localhost:8080", False),
        ("http://llm.example.org", True),
        ("http://192.168.1.5:8080", True),
    ],
)
def test_plain_http_to_another_machine_is_warned_of(public_url: str | None, warned: bool) -> None:
    assert bool(warnings(public_url=public_url)) == warned
