"""A running server for every test that wants one, on a clock that the test moves."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import MovedClock
from tests.net.running_server import RunningServer

Serve = Callable[..., RunningServer]


ALWAYS, NEVER = 0, 1 << 30  # units per cycle from which the receive loop receives


@pytest.fixture
def server_options() -> dict[str, int]:
    """Arguments of every `RunningServer` that a test starts; other fixtures add theirs."""
    return {}


@pytest.fixture(params=["reader", "receive_loop"])
def either_receives(request: pytest.FixtureRequest, server_options: dict[str, int]) -> None:
    """Run the test twice: each reader receives for itself, or the receive loop does where it can."""
    server_options["receive_loop_threshold"] = ALWAYS if request.param == "receive_loop" else NEVER


@pytest.fixture
def serve(
    tmp_path: Path, sqlite_template: Path, clock: MovedClock, server_options: dict[str, int]
) -> Iterator[Serve]:
    """Start a server with the given settings."""
    with ExitStack() as stack:

        def begin(**settings: object) -> RunningServer:
            shutil.copy(sqlite_template, tmp_path / "chat.db")
            made = RunningServer(tmp_path / "chat.db", clock, **{**server_options, **settings})
            stack.callback(made.close)
            return made

        yield begin


@pytest.fixture
def chat(serve: Serve) -> RunningServer:
    """A server with the settings of the tests."""
    return serve()
