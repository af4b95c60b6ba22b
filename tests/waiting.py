"""Waits for a condition that another thread or process causes."""

import time
from collections.abc import Callable

POLL_SECONDS = 0.01


def eventually(condition: Callable[[], bool], deadline_seconds: float, message: str = "") -> None:
    """Return once the condition holds; fail if it does not within the deadline.

    Only for conditions that nothing signals; where a PING can be sent, use that instead.
    """
    deadline = time.monotonic() + deadline_seconds
    while not condition():
        assert time.monotonic() < deadline, message or f"not within {deadline_seconds} seconds"
        time.sleep(POLL_SECONDS)
