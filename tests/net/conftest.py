"""Fixtures that run a server in the test's process, on a clock that the test controls."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import MovedClock
from tests.net.running_server import RunningServer

Serve = Callable[..., RunningServer]


ALWAYS, NEVER = 0, 1 << 30  # receive loop thresholds, in units per cycle


@pytest.fixture
def server_options() -> dict[str, int]:
    """Arguments for each `RunningServer` that the test starts; other fixtures may add to them."""
    return {}


@pytest.fixture(params=["reader", "receive_loop"])
def either_receives(request: pytest.FixtureRequest, server_options: dict[str, int]) -> None:
    """Run the test twice: input is received by reader threads, or by the receive loop."""
    server_options["receive_loop_threshold"] = ALWAYS if request.param == "receive_loop" else NEVER


@pytest.fixture
def serve(
    tmp_path: Path, sqlite_template: Path, clock: MovedClock, server_options: dict[str, int]
) -> Iterator[Serve]:
    """Return a function that starts a server with the given settings."""
    with ExitStack() as stack:

        def start(**settings: object) -> RunningServer:
            shutil.copy(sqlite_template, tmp_path / "chat.db")
            server = RunningServer(tmp_path / "chat.db", clock, **{**server_options, **settings})
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def chat(serve: Serve) -> RunningServer:
    """Return a server with the default settings of the tests."""
    return serve()
