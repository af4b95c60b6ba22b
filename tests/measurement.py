"""What coverage is measured of: each thing once, as far as that is known beforehand.

On Python 3.11, measuring doubles the time of a test. What is skipped hardly counts, because other
tests run the same code: the examples of a property run it a hundred times, all workers import the
same tests, and nearly every test of the engine begins by starting a server and connecting clients.
Of 13,000 lines covered otherwise, 23 are lost: only properties, or the imports of another worker
than the first, run them.
"""

import os
import sys
from collections.abc import Hashable, Iterator
from contextlib import contextmanager, nullcontext

import pytest
from coverage import Coverage

_measured: set[Hashable] = set()


@contextmanager
def unmeasured() -> Iterator[None]:
    """Suspend the measurement, if there is one."""
    measurement = Coverage.current()
    if measurement is None or sys.gettrace() is None:
        yield
        return
    measurement.stop()
    try:
        yield
    finally:
        measurement.start()


@contextmanager
def measured_once(*work: Hashable) -> Iterator[None]:
    """Suspend the measurement if the same work was measured before in this process."""
    with unmeasured() if work in _measured else nullcontext():
        if sys.gettrace() is not None:
            _measured.add(work)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Measure in one worker only what imports run."""
    is_first = os.environ.get("PYTEST_XDIST_WORKER", "gw0") == "gw0"
    with nullcontext() if is_first else unmeasured():
        return (yield)


@pytest.hookimpl(trylast=True)  # Hypothesis marks its tests
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Do not measure properties."""
    for item in items:
        if item.get_closest_marker("hypothesis"):
            item.add_marker(pytest.mark.no_cover)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Do not measure the fixtures of a test with `no_cover` either; pytest-cov does."""
    with unmeasured() if item.get_closest_marker("no_cover") else nullcontext():
        return (yield)
