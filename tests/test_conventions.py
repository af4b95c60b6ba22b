"""Coding conventions: unique class names, short test names, and tests that never sleep."""

import ast
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
WAITING = ROOT / "tests" / "waiting.py"  # the one place that may sleep
MAX_TEST_NAME_LENGTH = 70


def files(*folders: str) -> Iterator[Path]:
    """Yield every Python file in these folders of the repository."""
    for folder in folders:
        yield from (ROOT / folder).rglob("*.py")


@cache
def nodes(path: Path) -> list[ast.AST]:
    """Return every node of a file's syntax tree."""
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"), path)))


def called_names(path: Path) -> set[str]:
    """Return the unqualified name of every function called in a file."""
    called = (node.func for node in nodes(path) if isinstance(node, ast.Call))
    return {getattr(function, "attr", getattr(function, "id", "")) for function in called}


def polling_lines(path: Path) -> Iterator[int]:
    """Yield the lines where a loop calls `.wait(<number>)`, which is a sleep in disguise."""
    loops = (node for node in nodes(path) if isinstance(node, ast.For | ast.While))
    for call in (node for loop in loops for node in ast.walk(loop) if isinstance(node, ast.Call)):
        is_wait = isinstance(call.func, ast.Attribute) and call.func.attr == "wait"
        if is_wait and any(isinstance(argument, ast.Constant) for argument in call.args):
            yield call.lineno


def test_no_class_name_is_used_twice_in_the_application() -> None:
    names = Counter(
        node.name for path in files("app") for node in nodes(path) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_test_helper_class_shares_its_name_with_another() -> None:
    names = Counter(
        node.name for path in files("tests") for node in nodes(path) if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in names.items() if count > 1] == []


def test_no_test_sleeps() -> None:
    tests = [path for path in files("tests") if path != WAITING]
    assert [path.name for path in tests if "sleep" in called_names(path)] == []
    assert [(path.name, line) for path in tests for line in polling_lines(path)] == []


def test_test_names_are_short() -> None:
    functions = (node for path in files("tests") for node in nodes(path) if isinstance(node, ast.FunctionDef))
    names = [function.name for function in functions if function.name.startswith("test_")]
    assert [name for name in names if len(name) >= MAX_TEST_NAME_LENGTH] == []


def test_imports_from_other_tests_resolve() -> None:
    """Pytest reports them only when it collects the file that contains them."""
    imported = {
        (path.name, node.module)
        for path in files("tests", "scripts")
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "tests"
    }
    places = {module: ROOT / module.replace(".", "/") for _, module in imported}
    lost = [
        (name, module)
        for name, module in imported
        if not (places[module].is_dir() or places[module].with_suffix(".py").is_file())
    ]
    assert lost == []
