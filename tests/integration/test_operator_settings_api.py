"""What is set, as the operator reads it; and when the books were proved."""

import json
import re
from pathlib import Path
from typing import Any

from tests.support.ledger import HeldClock
from tests.support.operator import EMAIL, operator, refused_to_others
from tollway.kit.settings import ServerSettings, Settings, UpstreamSettings

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text(encoding="utf-8")
UPSTREAM = UpstreamSettings(
    kind="openai_compatible",
    base_url="https://me:sesame@models.example.com/v1?key=sesame",
    key_env="MODELS_KEY",
    models={"baidu/ernie-5.0": "five"},
)


async def settings_of(folder: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    settings = Settings(data_dir=str(folder), server=ServerSettings(port=9000), upstreams={"models": UPSTREAM})
    async with operator(folder, settings=settings) as one:
        told = await one.told("GET", "/settings")
        as_person = await one.world.client.get("/admin/v1/settings", headers=await one.world.sign_in(EMAIL))
    assert as_person.json() == told
    return {one["name"]: one for one in told["data"]}, {one["variable"]: one for one in told["secrets"]}


async def test_every_setting_is_told_with_its_value_and_where_to_read_of_it(tmp_path: Path) -> None:
    found, _ = await settings_of(tmp_path)

    assert found["server.port"] == {
        "name": "server.port",
        "value": 9000,
        "default": 8080,
        "is_default": False,
        "is_required": False,
        "variable": "TOLLWAY_SERVER__PORT",
        "description": "Port to listen on; 0 takes a free one.",
        "documentation": "docs/settings.md#server",
    }
    assert (found["usage.keep_days"]["value"], found["usage.keep_days"]["is_default"]) == (400, True)
    assert (found["upstreams.models.priority"]["value"], found["data_dir"]["value"]) == (100, str(tmp_path))
    assert found["upstreams.models.models"]["value"] == {"baidu/ernie-5.0": "five"}
    assert found["upstreams.models.kind"]["is_required"] is True
    documented = set(re.findall(r"^\| `([^`]+)`", PAGE, re.MULTILINE))
    assert {name.replace("upstreams.models.", "upstreams.NAME.", 1) for name in found} == documented
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert {one["documentation"] for one in found.values()} == {f"docs/settings.md#{anchor}" for anchor in anchors}
    assert all(one["description"] for one in found.values())


async def test_no_secret_is_told(tmp_path: Path) -> None:
    found, secrets = await settings_of(tmp_path)

    text = json.dumps([found, secrets])
    assert "sesame" not in text
    assert "sk-of-tests" not in text
    assert found["upstreams.models.base_url"]["value"] == "https://…@models.example.com/v1?…"
    set_ones = {name for name, one in secrets.items() if one["is_set"]}
    assert set_ones == {"TOLLWAY_STRIPE_SECRET_KEY"}
    told_of_on_the_page = set(re.findall(r"`(TOLLWAY_[A-Z_]*[A-Z])`", PAGE.partition("## General")[0]))
    assert set(secrets) == told_of_on_the_page - {"TOLLWAY_CONFIG"} | {"MODELS_KEY"}


async def test_settings_are_for_operators(tmp_path: Path) -> None:
    async with operator(tmp_path) as one:
        await refused_to_others(one, "GET", "/settings")


async def test_the_books_say_when_they_were_proved(tmp_path: Path) -> None:
    async with operator(tmp_path, HeldClock()) as one:
        books = await one.told("GET", "/books")

    assert (books["ok"], books["checked_at"], books["took_ms"]) == (True, "2025-11-23T12:00:00.000Z", 0)
