"""What a connection holds while nothing comes: a small buffer, unless much came just before."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from app.net.receive.connection import RECEIVE_BYTES, SMALL_RECEIVE_BYTES
from tests.net.running_server import RunningServer

TASKS = Path("/proc/self/task")
PATIENCE = 10.0  # seconds

pytestmark = pytest.mark.skipif(
    not Path("/proc/thread-self/syscall").exists(),
    reason="the system does not tell what its threads wait for",
)


def awaited() -> Iterator[int]:
    """Yield for every reader that waits to receive how many bytes it would take (see proc(5), syscall)."""
    for task in TASKS.iterdir():
        try:
            name, call = task.joinpath("comm").read_text(), task.joinpath("syscall").read_text().split()
        except OSError:
            continue  # it has ended
        if name.startswith("reader") and len(call) > 4:
            yield int(call[3], 16)


def wait_for(sizes: list[int]) -> None:
    """Wait until all readers wait to receive, each so many bytes."""
    end = monotonic() + PATIENCE
    while (found := sorted(awaited())) != sizes:
        assert monotonic() < end, f"{found}, not {sizes}"


def test_who_waits_holds_little(chat: RunningServer) -> None:
    alice, bob = chat.connect("alice"), chat.connect("bob")
    wait_for([SMALL_RECEIVE_BYTES, SMALL_RECEIVE_BYTES])
    alice.send(*(f"PRIVMSG bob :{'x' * 400}" for _ in range(20)))
    bob.hears("PRIVMSG")
    wait_for([SMALL_RECEIVE_BYTES, RECEIVE_BYTES])
    alice.fence()
    wait_for([SMALL_RECEIVE_BYTES, SMALL_RECEIVE_BYTES])
