"""A cluster of two nodes."""

from collections.abc import Iterator

import pytest
from sqlalchemy import URL

from tests.conftest import MovedClock
from tests.engine.cluster import Cluster


@pytest.fixture
def cluster(url: URL, clock: MovedClock, cheap_hashing: None) -> Iterator[Cluster]:
    """The nodes a and b; once on each kind of database."""
    cluster = Cluster(url, clock, always_on="opt-in")
    cluster.start("a")
    cluster.start("b")
    yield cluster
    cluster.close()
