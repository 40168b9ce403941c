"""What `tollway doctor` looks at. Looking changes nothing."""

import hashlib
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from tollway.cli.admin_client import ask_server
from tollway.cli.finding import Finding
from tollway.cli.port_owner import holder_of
from tollway.cli.serving_findings import examine_serving
from tollway.http.admin.messages import Ping, ServerInfo
from tollway.keys.digest import PEPPER_BYTES, PEPPER_VARIABLE, pepper_path
from tollway.kit.errors import ExpectedError
from tollway.kit.settings import Settings, process_environment

PYTHON_MIN = (3, 11)
_FREE_BYTES_MIN = 512 * 1024 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything that a server with these settings needs."""
    yield _python()
    yield _data_folder(settings.data_path)
    yield _disk_space(settings.data_path)
    yield _database(settings.data_path)
    yield examine_pepper(settings.data_path)
    yield _weights(settings)
    yield _port(settings)
    yield from examine_serving(settings, process_environment())


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= PYTHON_MIN:
        return Finding("python", ok=True, detail=found)
    return Finding("python", ok=False, detail=found, fix="Install Python 3.11 or newer.")


def _data_folder(data_path: Path) -> Finding:
    name = "data folder"
    if not data_path.exists():
        parent = _nearest_folder(data_path)
        if os.access(parent, os.W_OK | os.X_OK):
            return Finding(name, ok=True, detail=f"{data_path} is made at the first start")
        return Finding(name, ok=False, detail=f"{parent} is not writable", fix="Name another folder with --data-dir.")
    if not data_path.is_dir() or not os.access(data_path, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            name, ok=False, detail=f"{data_path} is no writable folder", fix=f"chown it to user {os.getuid()}."
        )
    if data_path.stat().st_mode & _OTHERS:
        return Finding(name, ok=False, detail=f"{data_path} is open to other users", fix=f"chmod 700 {data_path}")
    return Finding(name, ok=True, detail=str(data_path))


def _disk_space(data_path: Path) -> Finding:
    free_bytes = shutil.disk_usage(_nearest_folder(data_path)).free
    detail = f"{free_bytes // 2**20:,} MiB free"
    if free_bytes >= _FREE_BYTES_MIN:
        return Finding("disk space", ok=True, detail=detail)
    return Finding("disk space", ok=False, detail=detail, fix="Free 512 MiB for the database and the weights.")


def _database(data_path: Path) -> Finding:
    from tollway.kit.database import database_path

    path = database_path(data_path)
    if not path.exists():
        return Finding("database", ok=True, detail="made at the first start")
    # Where nobody else gets into the folder, the modes of its files are of no account.
    if data_path.stat().st_mode & _OTHERS and path.stat().st_mode & _OTHERS:
        return Finding("database", ok=False, detail=f"{path} is open to other users", fix=f"chmod 600 {path}*")
    return _database_content(path)


def _database_content(path: Path) -> Finding:
    from tollway.migrations import HEAD, stored_revision

    try:
        revision = stored_revision(path)
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            damage = [str(row[0]) for row in connection.execute("PRAGMA quick_check(1)")]
    except sqlite3.Error as error:
        return Finding("database", ok=False, detail=f"{path}: {error}", fix="Restore the database from a backup.")
    if damage != ["ok"]:
        return Finding("database", ok=False, detail=damage[0], fix="Restore the database from a backup.")
    if revision is not None and revision > HEAD:
        fix = "Install the version of Tollway that made it, or a newer one."
        return Finding("database", ok=False, detail=f"schema {revision} is newer than {HEAD}", fix=fix)
    if revision != HEAD:
        return Finding("database", ok=True, detail=f"schema {revision} becomes {HEAD} at the next start")
    return Finding("database", ok=True, detail=f"intact, schema {revision}")


def examine_pepper(data_path: Path) -> Finding:
    """Look at the pepper, without which no stored key works."""
    from tollway.kit.database import database_path

    path = pepper_path(data_path, process_environment())
    if not path.exists():
        if _has_keys(database_path(data_path)):
            fix = "Restore the file from a backup: without it no stored key works."
            return Finding("pepper", ok=False, detail=f"{path} is missing", fix=fix)
        if PEPPER_VARIABLE in process_environment():
            fix = f"Write 32 random bytes to it, or unset {PEPPER_VARIABLE}."
            return Finding("pepper", ok=False, detail=f"{path} is missing", fix=fix)
        return Finding("pepper", ok=True, detail="made at the first start")
    status = path.stat()
    if status.st_size < PEPPER_BYTES:
        fix = "Restore the file from a backup."
        return Finding("pepper", ok=False, detail=f"{path} has {status.st_size} bytes", fix=fix)
    if status.st_mode & _OTHERS:
        return Finding("pepper", ok=False, detail=f"{path} is open to other users", fix=f"chmod 600 {path}")
    return Finding("pepper", ok=True, detail=f"{path}, for its owner alone")


def _weights(settings: Settings) -> Finding:
    from tollway.engine.errors import WeightsError
    from tollway.engine.weights import KNOWN_WEIGHTS, WeightsStore

    if not settings.engine.enabled:
        return Finding("weights", ok=True, detail="the embedded engine is off")
    store = WeightsStore(settings.data_path)
    try:
        name = store.active_name(settings.engine.model)
        path = store.resolve(settings.engine.model)
    except WeightsError as error:
        return Finding("weights", ok=False, detail=error.message, fix="Run: tollway model pull")
    known = next((weights for weights in KNOWN_WEIGHTS if weights.file_name == path.name), None)
    if known is None:
        return Finding("weights", ok=True, detail=f"{path}, whose checksum is not known here")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != known.sha256:
        fix = f"Run: tollway model pull {known.name}"
        return Finding("weights", ok=False, detail=f"{path} is damaged: its checksum is wrong", fix=fix)
    return Finding("weights", ok=True, detail=f"{name}, intact")


def _port(settings: Settings) -> Finding:
    server = settings.server
    place = f"{server.host}:{server.port}"
    try:
        info = ask_server(settings.data_path, Ping())
    except (ExpectedError, OSError) as error:
        return Finding("port", ok=False, detail=f"the running server: {error}", fix="Stop it and start it again.")
    if isinstance(info, ServerInfo):
        return Finding("port", ok=True, detail=f"Tollway {info.version} answers at {info.url} (process {info.pid})")
    holder = holder_of(server.host, server.port)
    if holder is None:
        return Finding("port", ok=True, detail=f"{place} is free")
    return Finding("port", ok=False, detail=f"{place}: {holder}", fix="Stop it, or choose another port with --port.")


def _nearest_folder(path: Path) -> Path:
    return next(folder for folder in [path.absolute(), *path.absolute().parents] if folder.is_dir())


def _has_keys(database: Path) -> bool:
    if not database.exists():
        return False
    try:
        with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute("SELECT 1 FROM keys WHERE deleted_at_ms IS NULL LIMIT 1").fetchone() is not None
    except sqlite3.Error:
        # A database that cannot be read is a finding of its own.
        return False
