"""Lets the client end when its terminal is gone, such as a window that was closed.

Textual writes to the terminal in a thread, which ends with the first error. Then nobody empties its
queue, and the application waits forever for room in it. It reads the keyboard in another thread,
which never ends at the end of the input but reads it again and again.
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
    """Return a function that calls `end` if standard input is no terminal any more.

    The kernel sends SIGHUP only to the processes that the terminal controls.
    """
    descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else -1

    def watch() -> None:
        if not os.isatty(descriptor):
            end()

    return watch


def outlive_terminal() -> None:
    """Let Textual write to the terminal in this way."""
    WriterThread.run = write_until_stopped  # type: ignore[method-assign,assignment]
