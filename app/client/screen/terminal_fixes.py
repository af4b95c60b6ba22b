"""Adapts Textual to what terminals and their users expect."""

import asyncio
import signal
from collections.abc import Callable


def end_on_signals(end: Callable[[], None]) -> None:
    """Call `end` on SIGTERM and SIGHUP, so that the terminal is restored. Needs a running loop."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
