"""Where things stand; that imports point down is proved by import-linter in `make check`."""

import ast

from tests.architecture.source_tree import PACKAGE, imports, package_files, parse, where

FEATURES = (
    "accounts",
    "keys",
    "credits",
    "usage",
    "catalog",
    "payments",
    "coupons",
    "audit",
    "presets",
    "mail",
    "single_sign_on",
)
# The name that every folder uses, with the synonyms that would make a reader search.
NAME_OF = {
    "constants": "the module that uses the constant",
    "dao": "repository",
    "dto": "types",
    "exceptions": "errors",
    "helpers": "a name for what it does",
    "misc": "a name for what it does",
    "models": "types, or tables",
    "repositories": "repository",
    "schema": "types, or tables",
    "schemas": "types",
    "services": "service",
    "utils": "a name for what it does",
}
# Where each framework may be imported; everything else does not know it.
HOMES = {
    "alembic": ("kit",),
    "ddsketch": ("usage",),
    "litestar": ("http", "app"),
    "rich": ("cli",),
    "sqlalchemy": (*FEATURES, "flows", "kit", "app"),
    "stripe": ("payments",),
    "typer": ("cli",),
    "uvicorn": ("http", "cli", "app"),
    "xllamacpp": ("engine",),
}


def test_files_have_the_usual_names() -> None:
    found = {where(path): NAME_OF[path.stem] for path in package_files() if path.stem in NAME_OF}

    assert found == {}


def test_tables_stand_in_tables_py() -> None:
    found = [
        where(path, node.lineno)
        for path in package_files()
        if path.name != "tables.py" and "migrations" not in path.parts
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and (node.func.id if isinstance(node.func, ast.Name) else node.func.attr) == "Table"
        and len(node.args) > 1
    ]

    assert found == []


def test_features_define_their_errors_in_errors_py() -> None:
    found = [
        f"{where(path, node.lineno)} {node.name}"
        for path in package_files()
        if path.relative_to(PACKAGE).parts[0] in FEATURES and path.name != "errors.py"
        for node in ast.walk(parse(path))
        if isinstance(node, ast.ClassDef)
        and any(ast.unparse(base).endswith(("Error", "Exception")) for base in node.bases)
    ]

    assert found == []


def test_frameworks_stay_at_their_borders() -> None:
    found = [
        f"{where(path, line)} imports {module}"
        for path in package_files()
        for module, line in imports(path)
        if path.relative_to(PACKAGE).parts[0]
        not in HOMES.get(module.partition(".")[0], path.relative_to(PACKAGE).parts)
        and "migrations" not in path.parts
    ]

    assert found == []
