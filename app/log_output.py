"""Writes the server's log to standard error, as text or JSON, on a thread of its own.

Logging only queues the record, because a write to standard error blocks while its reader is slow.
If the queue is full, records are dropped and counted.
"""

import logging
import time
from queue import SimpleQueue
from threading import Thread

from app.text.sanitise import clean
from app.threads import name_thread

MAX_QUEUED_RECORDS = 20_000
CLOSE_TIMEOUT_SECONDS = 2.0  # for the last records to be written at the end of the process
_TEXT_FORMAT = "%(asctime)s %(levelname)s %(message)s"


class TextFormatter(logging.Formatter):
    """One line for each record, sanitised; further lines, as of a traceback, are indented."""

    def __init__(self) -> None:
        super().__init__(_TEXT_FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text in which only the first line begins at the margin."""
        return "\n    ".join(map(clean, super().format(record).splitlines()))


def json_formatter() -> logging.Formatter:
    """Return a formatter that writes each record as a JSON object in ASCII."""
    from pythonjsonlogger.json import JsonFormatter  # imported late: text is the default

    formatter = JsonFormatter(
        _TEXT_FORMAT,
        rename_fields={"asctime": "time", "levelname": "level", "exc_info": "traceback"},
        datefmt="%Y-%m-%dT%H:%M:%SZ",
    )
    formatter.converter = time.gmtime
    return formatter


class QueuedHandler(logging.Handler):
    """Queues records for a thread that formats them and writes them to standard error."""

    def __init__(self) -> None:
        super().__init__()
        self._output = logging.StreamHandler()
        self._queue: SimpleQueue[logging.LogRecord | None] = SimpleQueue()
        self._dropped = 0
        self._thread = Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def set_format(self, log_format: str) -> None:
        """Write records as `text` or as `json` from now on."""
        self._output.setFormatter(json_formatter() if log_format == "json" else TextFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record, or count it if too many are waiting."""
        if self._queue.qsize() >= MAX_QUEUED_RECORDS:
            self._dropped += 1
        else:
            self._queue.put(record)

    def _write(self) -> None:
        name_thread(self._thread.name)
        while (record := self._queue.get()) is not None:
            self._output.handle(record)
            if self._dropped:
                self._report_dropped()

    def _report_dropped(self) -> None:
        dropped, self._dropped = self._dropped, 0
        text = "%d log records were dropped, because standard error was not read fast enough"
        record = logging.LogRecord(__name__, logging.WARNING, __file__, 0, text, (dropped,), None)
        self._output.handle(record)

    def close(self) -> None:
        """Write the queued records, up to a timeout."""
        self._queue.put(None)
        self._thread.join(CLOSE_TIMEOUT_SECONDS)
        super().close()
