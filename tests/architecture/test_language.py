"""Constructs that the product does without."""

import ast
import re
from collections.abc import Iterator

from tests.architecture.source_tree import PACKAGE, package_files, parse, project_files, where

MARK = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b(?!\(#\d+\))")
MONEY = re.compile(r"(?:^|_)(?:nanousd|credits)(?:_|$)")
SOURCES = (".py", ".ts", ".tsx", ".toml", ".mako", ".sh", "Makefile")


def test_no_global_statements() -> None:
    found = [
        where(path, node.lineno)
        for path in project_files(".py")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Global)
    ]

    assert found == []


def test_only_the_command_line_prints() -> None:
    found = [
        where(path, node.lineno)
        for path in package_files()
        if not path.is_relative_to(PACKAGE / "cli")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]

    assert found == []


def test_marks_name_an_issue() -> None:
    found = [
        where(path, number)
        for suffix in SOURCES
        for path in project_files(suffix)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if MARK.search(line)
    ]

    assert found == []


def test_money_is_never_a_float() -> None:
    found = [
        f"{where(path, line)} {name}"
        for path in package_files()
        for name, line, value in _typed_names(parse(path))
        if MONEY.search(name) and _is_float(value)
    ]

    assert found == []


def _typed_names(tree: ast.Module) -> Iterator[tuple[str, int, ast.expr]]:
    """Names with what is said of them: an annotation, a return type, or a value assigned."""
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=ast.Name(id=name) | ast.Attribute(attr=name), annotation=said):
                yield name, node.lineno, said
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=said):
                yield name, node.lineno, said
            case ast.arg(arg=name, annotation=ast.expr() as said):
                yield name, node.lineno, said
            case ast.FunctionDef(name=name, returns=ast.expr() as said):
                yield name, node.lineno, said


def _is_float(expression: ast.expr) -> bool:
    """Whether an annotation holds `float`, or a value is a float, made by `float()`, or a quotient."""
    for node in ast.walk(expression):
        match node:
            case ast.Name(id="float") | ast.Constant(value=float()) | ast.BinOp(op=ast.Div()):
                return True
    return False
