"""The database of simulations, without faults of its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.engine.simulation.databases import Databases

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    """The database that the nodes share, in memory if that is possible."""
    is_available = SHARED_MEMORY.is_dir() and os.access(SHARED_MEMORY, os.W_OK)
    with TemporaryDirectory(dir=SHARED_MEMORY if is_available else None) as folder:
        yield Databases(Path(folder))
