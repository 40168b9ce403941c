"""`tollway doctor` finds what would keep a server from working, and changes nothing."""

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import Commands
from tests.support.database import migrated_database
from tests.support.keys import open_key_ring
from tollway.cli.findings import examine_pepper
from tollway.http.admin.messages import ServerInfo
from tollway.keys.types import NewKey

ENGINE_OFF = "[engine]\nenabled = false\n"
GPU = '[upstreams.gpu]\nkind = "openai_compatible"\nbase_url = "https://gpu.example.org/v1"\n'


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Commands:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOLLWAY_QIANFAN_API_KEY", "a-key")
    monkeypatch.delenv("TOLLWAY_PEPPER_FILE", raising=False)
    settings(f"{ENGINE_OFF}[server]\nport = 0\n")
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return Commands(folder)


def settings(text: str) -> None:
    Path("tollway.toml").write_text(text)


def look(commands: Commands, *, ok: bool) -> dict[str, Any]:
    """What the doctor finds, by name."""
    ended = commands.run("doctor", "--json")
    assert (ended.code, ended.answer["ok"]) == (0 if ok else 1, ok), ended
    findings = {finding["name"]: finding for finding in ended.answer["findings"]}
    assert all(set(finding) == {"name", "ok", "detail", "fix"} for finding in findings.values())
    # Whatever must be mended comes with how.
    assert all(finding["fix"] for finding in findings.values() if not finding["ok"])
    return findings


def test_a_fresh_folder_is_well_and_stays_untouched(commands: Commands) -> None:
    findings = look(commands, ok=True)

    assert {"settings", "python", "data folder", "disk space", "database", "pepper", "weights", "port"} <= set(findings)
    assert list(commands.folder.iterdir()) == []


def test_a_folder_in_use_is_well(commands: Commands) -> None:
    commands.json("account", "create", "jane@example.com")
    commands.json("key", "create", "--account", "jane@example.com")

    findings = look(commands, ok=True)

    assert findings["database"]["detail"].startswith("intact")
    assert "owner alone" in findings["pepper"]["detail"]


def test_a_wrong_setting_is_a_finding_beside_the_others(commands: Commands) -> None:
    settings("[server]\nport = 99999\n")

    findings = look(commands, ok=False)

    assert "port" in findings["settings"]["detail"]
    assert findings["data folder"]["ok"]


def test_a_pepper_that_others_can_read_is_found(commands: Commands) -> None:
    (commands.folder / "pepper").write_bytes(b"p" * 32)
    (commands.folder / "pepper").chmod(0o644)

    assert "chmod 600" in look(commands, ok=False)["pepper"]["fix"]


def test_a_short_pepper_is_found(commands: Commands) -> None:
    (commands.folder / "pepper").write_bytes(b"p" * 31)

    assert "31 bytes" in look(commands, ok=False)["pepper"]["detail"]


async def test_a_lost_pepper_is_found_when_there_are_keys(tmp_path: Path) -> None:
    async with open_key_ring(tmp_path) as ring:
        await ring.accounts.create("jane@example.com")
        await ring.keys.create("jane@example.com", NewKey())
    (tmp_path / "pepper").unlink()

    finding = examine_pepper(tmp_path)
    assert not finding.ok
    assert "backup" in str(finding.fix)


def test_a_damaged_database_is_found(commands: Commands) -> None:
    path = migrated_database(commands.folder)
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 6] = b"\xff" * 4096 * 3
    path.write_bytes(content)

    assert "backup" in look(commands, ok=False)["database"]["fix"]


def test_what_others_can_read_is_found(commands: Commands) -> None:
    migrated_database(commands.folder).chmod(0o644)
    assert look(commands, ok=True)["database"]["ok"]

    commands.folder.chmod(0o755)

    findings = look(commands, ok=False)
    assert "chmod 700" in findings["data folder"]["fix"]
    assert "chmod 600" in findings["database"]["fix"]


def test_a_port_in_use_is_found_with_its_holder(commands: Commands) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        settings(f"{ENGINE_OFF}[server]\nport = {port}\n")

        assert f"127.0.0.1:{port}: in use by" in look(commands, ok=False)["port"]["detail"]


def test_the_port_of_the_running_server_is_no_trouble(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    info = ServerInfo(pid=4711, version="1.2.3", url="http://127.0.0.1:8080", started_at_ms=0)
    monkeypatch.setattr("tollway.cli.findings.ask_server", lambda *_: info)

    assert "process 4711" in look(commands, ok=True)["port"]["detail"]


def test_plain_http_is_advised_against(commands: Commands) -> None:
    settings(f'{ENGINE_OFF}[server]\nport = 0\npublic_url = "http://llm.example.org"\n')

    assert "https" in look(commands, ok=True)["public url"]["fix"]


def test_an_upstream_without_its_key_is_found(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    upstream = 'kind = "openai_compatible"\nbase_url = "https://gpu.example.org/v1"\nkey_env = "GPU_KEY"\n'
    settings(f"{ENGINE_OFF}[server]\nport = 0\n[upstreams.gpu]\n{upstream}")

    monkeypatch.delenv("GPU_KEY", raising=False)
    assert "GPU_KEY" in look(commands, ok=False)["upstream gpu"]["detail"]
    monkeypatch.setenv("GPU_KEY", "secret-of-the-upstream")
    ended = commands.run("doctor", "--json")
    assert ended.code == 0
    assert "secret-of-the-upstream" not in ended.output


@pytest.mark.parametrize(
    ("more", "name", "words"),
    [
        (
            '[upstreams.gpu]\nkind = "openai_compatible"\nbase_url = "gpu.example.org/v1"\n',
            "upstream gpu",
            "gpu.example",
        ),
        ('[upstreams.gpu]\nkind = "qianfan"\nbase_url = "https://b.example/v2"\n', "upstream gpu", "QIANFAN_API_KEY"),
        (
            GPU + 'models = { "baidu/ernie-x1-turbo-23k" = "x1" }\n',
            "upstream gpu",
            "Did you mean 'baidu/ernie-x1-turbo-32k'?",
        ),
        (
            GPU + 'models = { "ernie-x1-turbo-32k" = "x1" }\n',
            "upstream gpu",
            "another name of 'baidu/ernie-x1-turbo-32k'",
        ),
        ('[server]\nport = 0\ntls_certificate = "none.pem"\n', "tls", "none.pem"),
        ('[server]\nport = 0\ntls_key = "key.pem"\n', "tls", "server.tls_certificate is not"),
    ],
)
def test_what_a_start_would_refuse_or_warn_of_is_found(
    commands: Commands, monkeypatch: pytest.MonkeyPatch, more: str, name: str, words: str
) -> None:
    monkeypatch.delenv("TOLLWAY_QIANFAN_API_KEY")
    settings(ENGINE_OFF + ("" if "[server]" in more else "[server]\nport = 0\n") + more)

    assert words in look(commands, ok=False)[name]["detail"]


def test_a_broken_catalogue_is_found(commands: Commands, tmp_path: Path) -> None:
    models = tmp_path / "models"
    models.mkdir()
    (models / "mine.toml").write_text("id = 7\n")
    settings(f'catalog_dir = "{models}"\n{ENGINE_OFF}[server]\nport = 0\n')

    assert "mine.toml" in look(commands, ok=False)["catalogue"]["detail"]


def test_a_server_that_nobody_answers_for_is_found(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOLLWAY_QIANFAN_API_KEY")

    assert "TOLLWAY_QIANFAN_API_KEY" in look(commands, ok=False)["upstream"]["fix"]


def test_missing_and_damaged_weights_are_found(commands: Commands) -> None:
    settings("[server]\nport = 0\n")
    assert "tollway model pull" in look(commands, ok=False)["weights"]["fix"]

    (commands.folder / "weights").mkdir()
    (commands.folder / "weights" / "SmolLM2-135M-Instruct.Q4_1.gguf").write_bytes(b"GGUF" + b"\0" * 100)
    assert "damaged" in look(commands, ok=False)["weights"]["detail"]


def test_people_read_what_to_do(commands: Commands) -> None:
    (commands.folder / "pepper").write_bytes(b"p")

    ended = commands.run("doctor")

    assert ended.code == 1
    assert "Something must be mended." in ended.output
    assert "Restore the file from a backup." in ended.output
