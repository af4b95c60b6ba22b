"""Lets the client end when its terminal is gone, such as a window that was closed.

Textual writes to the terminal in a thread, which ends with the first error. Then nobody empties its
queue, and the application waits forever for room in it.
"""

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


def outlive_terminal() -> None:
    """Let Textual write to the terminal in this way."""
    WriterThread.run = write_until_stopped  # type: ignore[method-assign,assignment]
