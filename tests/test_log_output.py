"""The log is written by a thread of its own, so that no slow reader delays the server."""

import io
import json
import logging
import sys
from threading import Event

import pytest

from app import log_output
from app.log_output import MAX_QUEUED_RECORDS, QueuedHandler
from tests.hidden_text import NASTY, find_hidden


class StalledStream(io.StringIO):
    """A stream whose reader does not read until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.is_writing, self.released = Event(), Event()

    def write(self, text: str) -> int:
        """Write once the stream is released."""
        self.is_writing.set()
        assert self.released.wait(30)
        return super().write(text)


def make_record(text: str = "Serving") -> logging.LogRecord:
    """Return a record of level INFO."""
    return logging.LogRecord("x", logging.INFO, "", 0, text, None, None)


def test_a_stalled_reader_delays_nobody_and_drops_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StalledStream()
    monkeypatch.setattr(sys, "stderr", stream)
    handler = QueuedHandler()
    handler.set_format("text")
    handler.handle(make_record())
    assert stream.is_writing.wait(30), "the thread of the log is blocked, and not this one"
    for _ in range(MAX_QUEUED_RECORDS + 7):
        handler.handle(make_record())
    stream.released.set()
    handler.close()
    lines = stream.getvalue().splitlines()
    assert [line for line in lines if "WARNING 7 log records were dropped" in line]
    assert len(lines) == 1 + MAX_QUEUED_RECORDS + 1


def test_the_end_of_the_process_does_not_wait_for_a_stalled_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = StalledStream()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(log_output, "CLOSE_TIMEOUT_SECONDS", 0.01)
    handler = QueuedHandler()
    handler.set_format("text")
    handler.handle(make_record())
    handler.close()
    assert stream.getvalue() == ""
    stream.released.set()


def test_the_format_can_change_while_the_server_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    handler = QueuedHandler()
    handler.set_format("json")
    handler.handle(make_record("first"))
    handler.close()
    again = QueuedHandler()
    again.set_format("text")
    again.handle(make_record("second"))
    again.close()
    first, second = stream.getvalue().splitlines()
    assert json.loads(first) | {"time": ""} == {"time": "", "level": "INFO", "message": "first"}
    assert second.endswith(" INFO second")


def test_a_traceback_is_one_json_object_or_indented_text() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "Failed", None, sys.exc_info())
    lines = log_output.TextFormatter().format(record).splitlines()
    assert lines[0].endswith(" ERROR Failed")
    assert all(line.startswith("    ") for line in lines[1:])
    written = log_output.json_formatter().format(record)
    assert "\n" not in written
    assert "ValueError: two" in json.loads(written)["traceback"]


def test_log_lines_contain_no_invisible_characters() -> None:
    line = log_output.TextFormatter().format(make_record(f"Login of {NASTY}\nas anna"))
    assert find_hidden(line) == set()
    assert all(part.startswith("    ") for part in line.split("\n")[1:])
    assert find_hidden(log_output.json_formatter().format(make_record(NASTY))) == set()
