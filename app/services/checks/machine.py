"""Checks of the machine: clock, limit on open files, and io_uring."""

import ctypes
import platform
import resource
import sqlite3
from collections.abc import Callable
from importlib.metadata import version

from app.clock import Clock, to_text
from app.process import SPARE_DESCRIPTORS
from app.services.checks.finding import CheckResult, Finding
from app.settings import ServerSettings

MAX_CLOCK_LEAD_SECONDS = 60  # by which the log may be ahead of the clock, after a burst in one room
TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
TIMEX_BYTES = 208  # struct timex on 64-bit Linux; zeros request nothing


def check_clock(clock: Clock, last_event_at: int | None, is_synchronised: bool | None) -> CheckResult:
    """Check the clock against the last event of the log and the kernel's state of NTP."""
    now = clock.now()
    findings = []
    if last_event_at is not None and last_event_at - now > MAX_CLOCK_LEAD_SECONDS * 1000:
        findings.append(
            Finding(
                f"The last event of the log is from {to_text(last_event_at)}, and the clock shows "
                f"{to_text(now)}: new messages get times after the former.",
                "Set the clock, for example with `timedatectl set-ntp true`.",
            )
        )
    if is_synchronised is False:
        findings.append(
            Finding(
                "The clock is not synchronised (NTP), so the times of messages may be wrong.",
                "Run `timedatectl set-ntp true`, or install chrony.",
            )
        )
    return CheckResult("clock", to_text(now), findings)


def is_clock_synchronised() -> bool | None:
    """Return whether the kernel considers its clock synchronised; None if it does not say."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    state = -1 if adjtimex is None else adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    return None if state < 0 else state != TIME_ERROR


def check_descriptors(settings: ServerSettings) -> CheckResult:
    """Check that as many files may be open as there may be connections."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = settings.max_connections + SPARE_DESCRIPTORS
    if hard == resource.RLIM_INFINITY:
        return CheckResult("open files", "no limit")
    findings = []
    if hard < wanted:
        findings.append(
            Finding(
                f"This shell allows {hard:,} open files, and max_connections needs {wanted:,}.",
                f"Set LimitNOFILE={wanted} in the unit or `ulimit -n`, or lower max_connections.",
            )
        )
    return CheckResult("open files", f"limit {hard:,}, needed {wanted:,}", findings)


def check_io_uring(settings: ServerSettings, find_fault: Callable[[], str | None]) -> CheckResult:
    """Check that io_uring works, if the settings ask for it."""
    if not settings.io_uring:
        return CheckResult("io_uring", "off in the settings")
    fault = find_fault()
    if fault is None:
        return CheckResult("io_uring", "available")
    return CheckResult(
        "io_uring",
        "not available",
        [
            Finding(
                f"io_uring cannot be used ({fault}): the server needs one system call for each client instead.",
                "Allow it (sysctl kernel.io_uring_disabled=0, or the seccomp profile of the container), or "
                "set io_uring to false.",
            )
        ],
    )


def check_version(running: str | None) -> CheckResult:
    """Check that the running server, if it is known, is the installed version."""
    installed = f"durable-chat-{version('durable-chat')}"
    summary = f"{installed}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    if running is None or running == installed:
        return CheckResult("version", summary)
    return CheckResult(
        "version",
        summary,
        [Finding(f"The running server is {running}, and {installed} is installed.", "Restart the server.")],
    )
