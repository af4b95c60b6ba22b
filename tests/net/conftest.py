"""A running server for every test that wants one, on a clock that the test moves."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from app.net.receive import connection
from tests.conftest import MovedClock
from tests.net.running_server import RunningServer

Serve = Callable[..., RunningServer]


@pytest.fixture(params=["reader", "intake"])
def either_receives(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have either a connection's own thread receive all of it, or the intake what is simple."""
    monkeypatch.setattr(
        connection, "RECEIVE_LOOP_THRESHOLD_UNITS", 0 if request.param == "intake" else 1 << 30
    )


@pytest.fixture
def serve(tmp_path: Path, sqlite_template: Path, clock: MovedClock) -> Iterator[Serve]:
    """Start a server with the given settings."""
    with ExitStack() as stack:

        def begin(**settings: object) -> RunningServer:
            shutil.copy(sqlite_template, tmp_path / "chat.db")
            made = RunningServer(tmp_path / "chat.db", clock, **settings)
            stack.callback(made.close)
            return made

        yield begin


@pytest.fixture
def chat(serve: Serve) -> RunningServer:
    """A server with the settings of the tests."""
    return serve()
