"""Reading the model files: those that are shipped, and the operator's own that add to or replace them."""

import re
import tomllib
from collections.abc import Iterator
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import msgspec

from tollway.catalog.errors import CatalogError
from tollway.catalog.types import Model

SHIPPED_FOLDER = "models"
_ID = re.compile(r"[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*")
_ALIAS = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)?")
_POSITIVE_FIELDS = ("context_length", "output_max", "default_output_tokens")


def load_models(folder: str | Path | None = None) -> tuple[Model, ...]:
    """Read and validate every model file; a file in ``folder`` replaces the shipped one with the same id.

    Raises:
        CatalogError: the folder or a file cannot be read, or a file contradicts itself or another one.
    """
    models = _read_folder(resources.files("tollway.catalog") / SHIPPED_FOLDER)
    if folder is not None:
        models |= _read_folder(Path(folder))
    _check_names(models)
    _check_successors(models)
    return tuple(model for model, _ in models.values())


def _read_folder(folder: Traversable) -> dict[str, tuple[Model, str]]:
    """Read the models of one folder by id, each with the name of its file."""
    found: dict[str, tuple[Model, str]] = {}
    for file_name, text in _texts(folder):
        model = _parse(file_name, text)
        _check(file_name, model)
        if model.id in found:
            raise CatalogError(f"{file_name}: id: {model.id!r} is also the id in {found[model.id][1]}")
        found[model.id] = (model, file_name)
    return found


def _texts(folder: Traversable) -> Iterator[tuple[str, str]]:
    try:
        for file in sorted(folder.iterdir(), key=lambda file: file.name):
            if file.name.endswith(".toml"):
                yield file.name, file.read_text(encoding="utf-8")
    except OSError as error:
        raise CatalogError(f"Cannot read the model files in {folder}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CatalogError(f"A model file in {folder} is not UTF-8: {error}") from error


def _parse(file_name: str, text: str) -> Model:
    try:
        return msgspec.convert(tomllib.loads(text), Model)
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"{file_name}: no valid TOML: {error}") from error
    except msgspec.ValidationError as error:
        raise CatalogError(f"{file_name}: {error}") from error


def _check(file_name: str, model: Model) -> None:
    """Refuse what the types cannot express."""
    if not _ID.fullmatch(model.id):
        raise CatalogError(f"{file_name}: id: {model.id!r} is not written as developer/name in lower case")
    for alias in model.aliases:
        if not _ALIAS.fullmatch(alias):
            raise CatalogError(f"{file_name}: aliases: {alias!r} is not written in lower case without spaces")
    for field in _POSITIVE_FIELDS:
        if getattr(model, field) < 1:
            raise CatalogError(f"{file_name}: {field}: must be at least 1")
    if model.output_max > model.context_length:
        raise CatalogError(f"{file_name}: output_max: is more than context_length")
    if model.default_output_tokens > model.output_max:
        raise CatalogError(f"{file_name}: default_output_tokens: is more than output_max")
    if model.released_at is not None and not _is_date(model.released_at):
        raise CatalogError(f"{file_name}: released_at: {model.released_at!r} is not a date such as 2025-04-25")
    _check_price(file_name, model)


def _check_price(file_name: str, model: Model) -> None:
    if model.price is None:
        return
    for field, price_nanousd in msgspec.structs.asdict(model.price).items():
        if price_nanousd is not None and price_nanousd < 0:
            raise CatalogError(f"{file_name}: price.{field}: is negative")


def _check_names(models: dict[str, tuple[Model, str]]) -> None:
    """Refuse a name that would mean two models."""
    owner = {model_id: file_name for model_id, (_, file_name) in models.items()}
    for model, file_name in models.values():
        for alias in model.aliases:
            if alias in owner:
                raise CatalogError(f"{file_name}: aliases: {alias!r} is also a name of the model in {owner[alias]}")
            owner[alias] = file_name


def _check_successors(models: dict[str, tuple[Model, str]]) -> None:
    for model, file_name in models.values():
        if model.successor is None:
            continue
        successor, _ = models.get(model.successor, (None, ""))
        if successor is None:
            raise CatalogError(f"{file_name}: successor: there is no model with the id {model.successor!r}")
        if successor.successor is not None or not successor.enabled:
            raise CatalogError(f"{file_name}: successor: {model.successor!r} is not offered itself")


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
