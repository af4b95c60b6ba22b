"""Line coverage: the probes note what coverage.py traces."""

from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

from tests.line_coverage import LINES, PACKAGE, ProbedFinder, ProbedLoader, write_data

SAMPLE = '''\
"""A module with every kind of statement."""

import functools
from contextlib import suppress

TABLE = {
    "a": 1,
    "b": [
        number
        for number in range(3)
    ],
}


class Person:
    """A class."""

    name: str = "anna"

    @property
    def greeting(self) -> str:
        """Return a greeting."""
        return f"hello, {self.name}"

    @property
    @functools.cache
    def unused(self) -> str:
        return self.name


def branches(value: object) -> str:
    global LAST
    LAST = value
    if value == 1:
        found = "one"
    elif value == 2:
        found = "two"
    else:
        found = "many"
    match value:
        case 1 | 2:
            found += "."
        case str():
            found += "!"
        case _:
            pass
    return found


def loops() -> int:
    total = 0
    for number in range(3):
        if number == 1:
            continue
        total += number
    else:
        total += 10
    while total:
        total -= 1
        break
    while not total:
        return 0
    return total


def failures() -> None:
    try:
        int("x")
        TABLE.clear()
    except ValueError:
        TABLE["failed"] = 1
    else:
        TABLE["right"] = 1
    finally:
        TABLE["done"] = 1
    try:
        TABLE["tried"] = 1
    except KeyError:
        raise
    with suppress(OSError), suppress(
        KeyError
    ):
        del TABLE["missing"]
        TABLE["kept"] = 1


def numbers():
    yield 1
    yield 2


assert Person().greeting
branches(1)
branches(2)
branches("three")
branches(
    None
)
loops()
failures()
next(numbers())
unnamed = lambda: (
    None
)
if not TABLE: raise AssertionError
'''


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """The file of the module."""
    path = tmp_path / "sample.py"
    path.write_text(SAMPLE)
    return path


def traced_lines(path: Path) -> set[int]:
    """Return the lines that coverage.py reports as run."""
    coverage = Coverage(data_file=None, include=[str(path)], config_file=False)
    code = compile(SAMPLE, str(path), "exec")
    with coverage.collect():
        exec(code, {"__name__": "sample"})
    _, statements, _, missing, _ = coverage.analysis2(str(path))
    return set(statements) - set(missing)


def test_probes_note_the_lines_that_are_traced(sample: Path) -> None:
    loader = ProbedLoader("sample", str(sample))
    spec = spec_from_loader("sample", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    assert set(vars(module)[LINES]) == traced_lines(sample)


def test_only_the_package_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    finder = ProbedFinder("measured")
    for name in ("measured.py", "measured_too.py"):
        (tmp_path / name).touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert isinstance(getattr(finder.find_spec("measured", None), "loader", None), ProbedLoader)
    assert finder.find_spec("measured_too", None) is None


def test_modules_that_are_never_imported_count(tmp_path: Path) -> None:
    never = tmp_path / PACKAGE / "never.py"
    never.parent.mkdir()
    never.touch()
    write_data(tmp_path)
    (written,) = tmp_path.glob(".coverage.*")
    data = CoverageData(str(written))
    data.read()
    assert data.lines(str(never)) == []
