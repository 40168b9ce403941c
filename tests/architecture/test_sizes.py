import ast

from tests.architecture.source_tree import parse, project_files, where

LINES_OF_A_FILE_MAX = 500
LINES_OF_A_FUNCTION_MAX = 70


def test_files_are_short() -> None:
    sources = [path for suffix in (".py", ".ts", ".tsx") for path in project_files(suffix)]
    lengths = {where(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources}

    assert {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FILE_MAX} == {}


def test_functions_are_short() -> None:
    too_long = {
        f"{where(path, node.lineno)} {node.name}": length
        for path in project_files(".py")
        for node in ast.walk(parse(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LINES_OF_A_FUNCTION_MAX
    }

    assert too_long == {}
