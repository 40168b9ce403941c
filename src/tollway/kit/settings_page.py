"""The page of all settings, written from the types that read them."""

import msgspec

from tollway.kit.settings_fields import SettingField, SettingsTable, settings_tables

_INTRODUCTION = """\
# Settings

<!-- Written by `make settings-page` from `src/tollway/kit/settings.py`; a test compares them. -->

Settings are read from `tollway.toml` in the working folder (or the file that `--config` or `TOLLWAY_CONFIG` names) and
from the environment. The command line wins over the environment, the environment over the file. A variable is
`TOLLWAY_` and the setting's path in capitals, its parts joined by two underscores; lists are written as in TOML.

Secrets are never settings. They are read from the environment: the key of an upstream from the variable that its
`key_env` names, Qianfan's from `TOLLWAY_QIANFAN_API_KEY` (and `TOLLWAY_QIANFAN_APPID`), Stripe's from
`TOLLWAY_STRIPE_SECRET_KEY` and `TOLLWAY_STRIPE_WEBHOOK_SECRET` (both or neither), the mail server's password from
`TOLLWAY_SMTP_PASSWORD`, the secret at the provider of single sign-on from `TOLLWAY_SINGLE_SIGN_ON_SECRET`. The pepper
of API keys is the file `pepper` in the data folder, or the one that `TOLLWAY_PEPPER_FILE` names.
"""


def settings_page() -> str:
    """Return the page as Markdown."""
    return "\n".join([_INTRODUCTION, *map(_table, settings_tables())])


def _table(table: SettingsTable) -> str:
    lines = [f"## {table.title}", "", table.about, "", "| setting | default | variable | meaning |"]
    lines.append("| --- | --- | --- | --- |")
    lines += [f"| `{one.name}` | {_default(one)} | `{one.variable}` | {one.description} |" for one in table.fields]
    return "\n".join(lines) + "\n"


def _default(field: SettingField) -> str:
    if field.is_required:
        return "required"
    return "not set" if field.default is None else f"`{msgspec.json.encode(field.default).decode()}`"
