"""Ends the client when its terminal is gone, such as a window that was closed.

Textual writes to the terminal in a thread, which ends with the first error. Its queue is then never
emptied, and the application waits forever for space in it. The thread that reads the keyboard does
not stop at the end of the input, but reads in a busy loop.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from textual.drivers._writer_thread import WriterThread


def write_until_stopped(writer: WriterThread) -> None:
    """Write what is queued; after an error, discard it."""
    is_lost = False
    while (text := writer._queue.get()) is not None:
        if is_lost:
            continue
        try:
            writer._file.write(text)
            if writer._queue.empty():
                writer._file.flush()
        except (OSError, ValueError):
            is_lost = True
    with suppress(OSError, ValueError):
        writer._file.flush()


def create_watch(end: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls `end` once standard input is no longer a terminal.

    The kernel sends SIGHUP only to the processes that the terminal controls.
    """
    descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else -1

    def watch() -> None:
        if not os.isatty(descriptor):
            end()

    return watch


def outlive_terminal() -> None:
    """Make Textual's writer thread survive the loss of the terminal."""
    WriterThread.run = write_until_stopped  # type: ignore[method-assign,assignment]
