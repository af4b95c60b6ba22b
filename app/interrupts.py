"""Ctrl-C, from the first import of a program to its end, and even while SQLite calls Python.

The imports of a program take a noticeable part of a second. There is nothing to clean up yet, so
SIGINT ends the process at once; KeyboardInterrupt would show a traceback of the import.

The driver of SQLite discards an exception that is raised in a Python function called by SQLite, and
reports only that the statement failed. So the signal is also noted, and code that receives such an
error asks whether it hides a KeyboardInterrupt.

Ctrl-Z must not stop a program while others wait for it.
"""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

EXIT_INTERRUPTED = 128 + signal.SIGINT  # the shells' convention

_was_received = False  # not an Event: its lock could be held by what the handler interrupts


def exit_on_interrupt() -> None:
    """Let SIGINT end the process with EXIT_INTERRUPTED, unless the program ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _exit)


def raise_interrupts() -> None:
    """Let SIGINT raise KeyboardInterrupt again after `exit_on_interrupt`."""
    if signal.getsignal(signal.SIGINT) is _exit:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def note_interrupts() -> None:
    """Let SIGINT raise KeyboardInterrupt and note it, unless the program ignores it."""
    if signal.getsignal(signal.SIGINT) in (signal.default_int_handler, _exit):
        signal.signal(signal.SIGINT, _interrupt)


def _exit(number: int, frame: FrameType | None) -> NoReturn:
    os._exit(EXIT_INTERRUPTED)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    global _was_received
    _was_received = True
    raise KeyboardInterrupt


def raise_hidden_interrupt() -> None:
    """Raise KeyboardInterrupt if SIGINT was noted, instead of the error that is being handled."""
    if _was_received:
        raise KeyboardInterrupt


def forget_interrupts() -> None:
    """Forget the signals noted so far, to continue after a KeyboardInterrupt."""
    global _was_received
    _was_received = False


@contextmanager
def defer_suspension() -> Iterator[None]:
    """Let Ctrl-Z stop the process only at the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
