"""The database of simulations, without faults of its own."""

from collections.abc import Iterator

import pytest

from tests.engine.simulation.database.databases import Databases


@pytest.fixture(scope="module")
def databases() -> Iterator[Databases]:
    """The database that the nodes share, in memory."""
    databases = Databases()
    yield databases
    databases.close()
