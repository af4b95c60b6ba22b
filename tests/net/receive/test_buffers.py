"""The size of the buffer that an idle reader holds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.net.receive.connection import RECEIVE_BYTES, SMALL_RECEIVE_BYTES
from tests.net.running_server import RunningServer
from tests.waiting import eventually

TASKS = Path("/proc/self/task")
DEADLINE_SECONDS = 10.0

pytestmark = pytest.mark.skipif(
    not Path("/proc/thread-self/syscall").exists(),
    reason="the system has no /proc/thread-self/syscall",
)


def receive_sizes() -> Iterator[int]:
    """Yield the buffer size of every reader that is blocked in recv (see proc(5), syscall)."""
    for task in TASKS.iterdir():
        try:
            name, call = task.joinpath("comm").read_text(), task.joinpath("syscall").read_text().split()
        except OSError:
            continue  # the thread has ended
        if name.startswith("reader") and len(call) > 4:
            yield int(call[3], 16)


def wait_for(sizes: list[int]) -> None:
    """Wait until the readers are blocked in recv with buffers of these sizes."""
    eventually(
        lambda: sorted(receive_sizes()) == sizes, DEADLINE_SECONDS, f"no readers with buffers of {sizes}"
    )


def test_idle_reader_holds_a_small_buffer(chat: RunningServer) -> None:
    alice, bob = chat.connect("alice"), chat.connect("bob")
    wait_for([SMALL_RECEIVE_BYTES, SMALL_RECEIVE_BYTES])
    alice.send(*(f"PRIVMSG bob :{'x' * 400}" for _ in range(20)))
    bob.hears("PRIVMSG")
    wait_for([SMALL_RECEIVE_BYTES, RECEIVE_BYTES])
    alice.fence()
    wait_for([SMALL_RECEIVE_BYTES, SMALL_RECEIVE_BYTES])
