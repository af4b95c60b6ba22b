"""Fixtures that run a server in the test's process, on a clock that the test controls."""

import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from app.net.receive.receiver import Receiver
from app.net.send.sender import Sender
from tests.conftest import MovedClock
from tests.net.running_server import RunningServer

Serve = Callable[..., RunningServer]
SocketPairs = list[tuple[socket.socket, socket.socket]]  # the server's end and the peer's

Opened = TypeVar("Opened", Sender, Receiver)

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


@pytest.fixture
def pairs() -> Iterator[SocketPairs]:
    """Return forty pairs of connected sockets."""
    created = [socket.socketpair() for _ in range(40)]
    yield created
    for pair in created:
        for end in pair:
            end.close()


@contextmanager
def opened_or_skipped(open_: Callable[[], Opened]) -> Iterator[Opened]:
    """Open a sender or receiver, or skip the test if the kernel lacks io_uring."""
    try:
        opened = open_()
    except OSError as error:
        pytest.skip(f"io_uring is not available: {error}")
    with closing(opened):
        yield opened
