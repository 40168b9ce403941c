from pathlib import Path

from tollway.kit.settings_page import settings_page

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"


def test_the_page_of_settings_tells_what_the_program_reads() -> None:
    assert PAGE.read_text() == settings_page(), "docs/settings.md is out of date: run `make settings-page`"


def test_every_setting_says_what_it_means() -> None:
    rows = [line for line in settings_page().splitlines() if line.startswith("| `")]
    assert rows
    assert [row for row in rows if not row.rstrip("| ").split("|")[-1].strip()] == []
