"""A running server for every test that wants one, on a clock that the test moves."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import MovedClock
from tests.net.chat import Chat

Serve = Callable[..., Chat]


@pytest.fixture
def serve(tmp_path: Path, sqlite_template: Path, clock: MovedClock) -> Iterator[Serve]:
    """Start a server with the given settings."""
    with ExitStack() as stack:

        def begin(**settings: object) -> Chat:
            shutil.copy(sqlite_template, tmp_path / "chat.db")
            made = Chat(tmp_path / "chat.db", clock, **settings)
            stack.callback(made.close)
            return made

        yield begin


@pytest.fixture
def chat(serve: Serve) -> Chat:
    """A server with the settings of the tests."""
    return serve()
