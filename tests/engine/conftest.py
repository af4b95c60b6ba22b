"""A bench on a new file, for every test of a conversation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import MovedClock
from tests.engine.bench import Bench


@pytest.fixture
def bench(tmp_path: Path, clock: MovedClock) -> Iterator[Bench]:
    """A server without sockets, on a clock that the test moves."""
    made = Bench.fresh(tmp_path / "chat.db", clock)
    yield made
    made.core.desk.ledger.close()
    made.database.close()
