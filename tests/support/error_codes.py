"""The error codes that the product's source has, and with which statuses."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import tollway
from tollway.kit.errors import ExpectedError

NEVER_ANSWERED = {
    "catalog_unreadable": "prices known before stay in force",
    "keys_unreadable": "keys known before stay in force",
    "ledger_locked": "the server does not start",
    "model_never_priced": "a command of the operator says it",
    "no_tools": "refused before it comes to the engine",
    "pepper_unusable": "the server does not start",
    "unknown_tool": "refused before it comes to the engine",
    "weights_unavailable": "the server starts without the engine, or a command says it",
}
"""Codes that no caller is answered with, and why."""


def error_codes() -> set[str]:
    """Every code that a caller may be answered with, except an upstream's own."""
    codes = {code for code, _ in status_by_code()}
    root = Path(tollway.__file__).parent
    for path in root.rglob("*.py"):
        if not path.is_relative_to(root / "cli"):
            codes |= set(_given_codes(ast.parse(path.read_text(encoding="utf-8"))))
    return codes - NEVER_ANSWERED.keys()


def status_by_code() -> set[tuple[str, int]]:
    """The codes of all error classes, each with the status of its class."""
    for module in pkgutil.walk_packages(tollway.__path__, "tollway."):
        # Migrations are run, not imported.
        if not module.name.startswith("tollway.migrations.") and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return {
        (kind.default_code, kind.status)
        for kind in _subclasses(ExpectedError)
        if kind.default_code is not None
        and kind.default_code not in NEVER_ANSWERED
        and not kind.__module__.startswith("tollway.cli")
        and kind.__module__.startswith("tollway.")
    }


def _subclasses(kind: type[ExpectedError]) -> Iterator[type[ExpectedError]]:
    for inner in kind.__subclasses__():
        yield inner
        yield from _subclasses(inner)


def _given_codes(tree: ast.Module) -> Iterator[str]:
    """Codes that are given where an error is made, instead of the class's own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error"):
            for keyword in node.keywords:
                if keyword.arg == "code" and isinstance(keyword.value, ast.Constant) and keyword.value.value:
                    yield str(keyword.value.value)
