"""Ctrl-C, noticed even while SQLite calls Python.

The driver discards an exception that is raised in a Python function called by SQLite, and reports
only that the statement failed. So the signal is also noted, and code that receives such an error
asks whether it hides a KeyboardInterrupt.
"""

import signal
import threading
from types import FrameType
from typing import NoReturn

_received = threading.Event()


def note_interrupts() -> None:
    """Note SIGINT when it raises KeyboardInterrupt. If the program ignores it, do nothing."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    _received.set()
    raise KeyboardInterrupt


def raise_hidden_interrupt() -> None:
    """Raise KeyboardInterrupt if SIGINT was noted, instead of the error that is being handled."""
    if _received.is_set():
        raise KeyboardInterrupt


def forget_interrupts() -> None:
    """Forget the signals noted so far, to continue after a KeyboardInterrupt."""
    _received.clear()
