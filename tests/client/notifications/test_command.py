"""The command that notifies the user: its environment, its failures and the queue."""

import fcntl
import queue
import shlex
import sys
from pathlib import Path

import pytest

from app.client.notifications.alerts import Alert
from app.client.notifications.command import MAX_WAITING_ALERTS, NotifyCommand
from tests.client.scripted_server import TIMEOUT_SECONDS

RECORD = """
import os, sys
with open(sys.argv[1], "ab") as file:
    file.write(b"|".join(os.environb[b"NOTIFY_" + name] for name in (b"ROOM", b"AUTHOR", b"TEXT")) + b"\\n")
"""
WAIT = """
import fcntl, sys
fcntl.flock(open(sys.argv[2]), fcntl.LOCK_SH)
"""


def python(code: str, *arguments: object) -> str:
    """Return a command line that runs a Python program."""
    return shlex.join([sys.executable, "-c", code, *map(str, arguments)])


def finish(command: NotifyCommand) -> None:
    """Wait until the command has run for every alert."""
    assert command.worker is not None
    command.worker.join(TIMEOUT_SECONDS)
    assert not command.worker.is_alive()


@pytest.fixture
def reports() -> queue.Queue[str]:
    """The failures that were reported."""
    return queue.Queue()


def test_command_receives_each_alert_in_its_environment(tmp_path: Path, reports: queue.Queue[str]) -> None:
    command = NotifyCommand(python(RECORD, tmp_path / "shown"), reports.put)
    for text in ("$(reboot) `x` ; -f", "grüße 👋", ""):
        command.show(Alert("#tea", "bob", text))
    finish(command)
    assert (tmp_path / "shown").read_text(encoding="utf-8").splitlines() == [
        "#tea|bob|$(reboot) `x` ; -f",
        "#tea|bob|grüße 👋",
        "#tea|bob|",
    ]
    assert reports.empty()


def test_one_command_runs_at_a_time_and_few_alerts_wait(tmp_path: Path, reports: queue.Queue[str]) -> None:
    command = NotifyCommand(python(WAIT + RECORD, tmp_path / "shown", tmp_path / "gate"), reports.put)
    with (tmp_path / "gate").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)  # the first command waits for it
        for number in range(50):
            command.show(Alert("#tea", "bob", str(number)))
    finish(command)
    numbers = [line.rpartition("|")[2] for line in (tmp_path / "shown").read_text().splitlines()]
    assert numbers == [str(number) for number in range(len(numbers))]
    assert MAX_WAITING_ALERTS <= len(numbers) <= MAX_WAITING_ALERTS + 1


@pytest.mark.parametrize(
    ("command_line", "sentence"),
    [
        ("/nonexistent/notify now", "cannot run /nonexistent/notify: No such file or directory"),
        ("false", "false failed with exit code 1"),
    ],
)
def test_only_the_first_failure_is_reported(
    command_line: str, sentence: str, reports: queue.Queue[str]
) -> None:
    command = NotifyCommand(command_line, reports.put)
    for _ in range(3):
        command.show(Alert("#tea", "bob", "hi"))
    finish(command)
    assert reports.get() == f"notify_command: {sentence}. Further failures are not shown."
    assert reports.empty()


def test_command_that_does_not_end_is_stopped(reports: queue.Queue[str]) -> None:
    command = NotifyCommand("cat /dev/zero", reports.put, timeout_seconds=0.1)
    command.show(Alert("#tea", "bob", "hi"))
    finish(command)
    assert reports.get().startswith("notify_command: cat was stopped after 0.1 s.")
