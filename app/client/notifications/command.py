"""Shows alerts with a command of the user's choice.

The command runs without a shell. It receives the alert in its environment, because other users of
the computer can see arguments, and because an argument that begins with a hyphen could be taken for
an option.
"""

import os
import shlex
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from app.client.notifications.alerts import Alert

TIMEOUT_SECONDS = 10.0
MAX_WAITING_ALERTS = 8  # further ones are dropped


class NotifyCommand:
    """Runs the command for one alert at a time, in a thread of its own while there are any.

    Only the first failure is passed to `report`, which must be thread-safe.
    """

    def __init__(
        self, command_line: str, report: Callable[[str], None], timeout_seconds: float = TIMEOUT_SECONDS
    ) -> None:
        self._command = shlex.split(command_line)
        self._report = report
        self._timeout_seconds = timeout_seconds
        self._lock = threading.Lock()
        self._waiting: deque[Alert] = deque()
        self._is_working = False
        self.worker: threading.Thread | None = None  # the latest one
        self._has_failed = False

    def show(self, alert: Alert) -> None:
        """Run the command for an alert, after those that wait; never blocks."""
        with self._lock:
            if len(self._waiting) >= MAX_WAITING_ALERTS:
                return
            self._waiting.append(alert)
            must_start, self._is_working = not self._is_working, True
        if must_start:
            self.worker = threading.Thread(target=self._work, name="notify", daemon=True)
            self.worker.start()

    def _work(self) -> None:
        while alert := self._take():
            fault = self._run(alert)
            if fault and not self._has_failed:
                self._has_failed = True
                self._report(f"notify_command: {fault}. Further failures are not shown.")

    def _take(self) -> Alert | None:
        """Return the next alert, or None if the thread must end."""
        with self._lock:
            self._is_working = bool(self._waiting)
            return self._waiting.popleft() if self._waiting else None

    def _run(self, alert: Alert) -> str:
        """Run the command, and return why it failed or an empty text."""
        program = self._command[0]
        try:
            process = subprocess.Popen(
                self._command,
                env={**os.environb, **_to_environment(alert)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            return f"cannot run {program}: {error.strerror}"
        try:
            code = process.wait(self._timeout_seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            return f"{program} was stopped after {self._timeout_seconds:g} s"
        return f"{program} failed with exit code {code}" if code else ""


def _to_environment(alert: Alert) -> dict[bytes, bytes]:
    """Return the variables for an alert, in UTF-8 whatever the locale is."""
    values = {"NOTIFY_ROOM": alert.room, "NOTIFY_AUTHOR": alert.author, "NOTIFY_TEXT": alert.text}
    return {name.encode(): value.encode(errors="replace") for name, value in values.items()}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a process with the children in its session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
