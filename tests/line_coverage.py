"""Measures which lines of app/ the tests run; a plugin that `.ci/run` loads by PYTEST_PLUGINS.

Every statement is preceded by a probe, which notes its line. This costs a second for each worker.
A trace function, which coverage.py needs up to Python 3.13, doubles the time of the tests, because
it is called for each line of every library. What is written is data of coverage.py.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from itertools import chain
from pathlib import Path
from types import CodeType, ModuleType

import pytest
from coverage import CoverageData

PACKAGE = "app"
LINES = "__lines_run__"  # a global of every measured module

_lines_run: dict[str, dict[int, None]] = {}  # by path


def is_instruction(statement: ast.stmt) -> bool:
    """Return whether a statement does anything: docstrings and declarations do not."""
    match statement:
        case ast.Expr(value=ast.Constant()) | ast.Global() | ast.Nonlocal():
            return False
    return True


def make_probe(line: int, before: ast.stmt) -> ast.stmt:
    """Return a statement that notes a line, at the position of the statement after it."""
    probe = ast.parse(f"{LINES}[{line}] = None").body[0]
    for node in ast.walk(probe):
        ast.copy_location(node, before)
    return probe


def begun_lines(statement: ast.stmt) -> list[int]:
    """Return the lines that run first in a statement."""
    decorators: list[ast.expr] = getattr(statement, "decorator_list", [])
    return [statement.lineno, *(decorator.lineno for decorator in decorators)]


def add_probes(statements: Iterable[ast.stmt], *heads: int) -> Iterator[ast.stmt]:
    """Yield the statements of a block with probes, the lines of its head first."""
    for statement in statements:
        if is_instruction(statement):
            yield from (make_probe(line, statement) for line in chain(heads, begun_lines(statement)))
            heads = ()
        add_inner_probes(statement)
        yield statement


def add_inner_probes(statement: ast.stmt) -> None:
    """Add probes to the blocks within a statement; `except` and `case` count when they match."""
    for name in ("body", "orelse", "finalbody"):
        if block := getattr(statement, name, None):
            setattr(statement, name, list(add_probes(block)))
    for handler in getattr(statement, "handlers", []):
        handler.body = list(add_probes(handler.body, handler.lineno))
    for case in getattr(statement, "cases", []):
        case.body = list(add_probes(case.body, case.pattern.lineno))


class ProbedLoader(SourceFileLoader):
    """Loads a module from its source, with probes."""

    def get_code(self, fullname: str) -> CodeType:
        """Compile the source; the files of compiled modules are those without probes."""
        tree = ast.parse(self.get_data(self.path), self.path)
        tree.body = list(add_probes(tree.body))
        return compile(tree, self.path, "exec", dont_inherit=True)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module with a dictionary for its probes."""
        module.__dict__[LINES] = _lines_run[self.path] = {}
        super().exec_module(module)


class ProbedFinder(MetaPathFinder):
    """Finds the modules of a package for `ProbedLoader`."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the module's spec with another loader, or None for modules outside the package."""
        if fullname.partition(".")[0] != self._package:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = ProbedLoader(fullname, spec.origin)
        return spec


def write_data(root: Path) -> None:
    """Write the lines that ran in this process, also if none in a file, for `coverage combine`."""
    measured = [str(path) for path in (root / PACKAGE).rglob("*.py")]
    data = CoverageData(str(root / ".coverage"), suffix=True)
    data.add_lines({path: _lines_run[path] for path in measured if path in _lines_run})
    data.touch_files(measured)
    data.write()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the data of this process: a worker, or the only one."""
    write_data(session.config.rootpath)


sys.meta_path.insert(0, ProbedFinder(PACKAGE))
