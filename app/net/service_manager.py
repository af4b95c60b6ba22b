"""Notifies the service manager: ready, reloading, stopping, status and watchdog (sd_notify(3)).

systemd passes the path of a datagram socket in NOTIFY_SOCKET; each message is lines of NAME=value.
That is all of the protocol, so there is no library for it here: `sdnotify` was last released in
2016 and lacks MONOTONIC_USEC, and `cysystemd` and `systemd-python` have to be compiled against
libsystemd.

Without NOTIFY_SOCKET, nothing is sent.
"""

import logging
import os
import socket
from collections.abc import Iterator, MutableMapping
from contextlib import suppress

from app.clock import Clock
from app.engine.monitoring.engine_status import MAX_WAIT_SECONDS, EngineStatus

WATCHDOG_MESSAGES = 3  # within the interval after which systemd restarts the server
SEND_SECONDS = 1.0  # for a service manager that is busy
MAX_RELOAD_SECONDS = 30.0  # an outage delays a reload, but systemd must not wait forever

logger = logging.getLogger(__name__)


class ServiceManager:
    """The service manager that started this process, if any. Messages may come from any thread."""

    def __init__(self, environment: MutableMapping[str, str], clock: Clock) -> None:
        """Take the variables out of the environment, so that child processes do not use them."""
        self._clock = clock
        address = environment.pop("NOTIFY_SOCKET", "")
        self._address = f"\0{address[1:]}" if address.startswith("@") else address
        watched = environment.pop("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        microseconds = environment.pop("WATCHDOG_USEC", "")
        is_watched = watched and microseconds.isascii() and microseconds.isdecimal()
        self._watchdog_seconds = int(microseconds) / 1e6 / WATCHDOG_MESSAGES if is_watched else 0.0
        self._next_watchdog = 0.0
        self._ready_by: float | None = None  # monotonic seconds at which a reload must be over
        self._status = ""

    def ready(self) -> None:
        """Tell that the server listens, or that a reload is over."""
        self._ready_by = None
        self._send("READY=1")

    def reloading(self) -> None:
        """Tell that a reload has begun; `ready` ends it."""
        self._ready_by = self._clock.monotonic() + MAX_RELOAD_SECONDS
        self._send("RELOADING=1", self._now())

    def _now(self) -> str:
        return f"MONOTONIC_USEC={int(self._clock.monotonic() * 1e6)}"

    def restarting(self) -> None:
        """Tell that the server starts again in the same process, which ends with `ready`."""
        self._send("RELOADING=1", self._now(), "STATUS=Starting again.")

    def stopping(self) -> None:
        """Tell that the server is stopping."""
        self._send("STOPPING=1", "STATUS=Stopping.")

    def update(self, status: EngineStatus) -> None:
        """Send what is due: the watchdog while the engine is alive, and a changed status.

        Called several times a second. The engine is alive during an outage of the database, too.
        """
        now = self._clock.monotonic()
        if self._watchdog_seconds and status.is_alive and now >= self._next_watchdog:
            self._next_watchdog = now + self._watchdog_seconds
            self._send("WATCHDOG=1")
        if self._ready_by is not None and now >= self._ready_by:
            logger.warning("The reload of the settings is still waiting after %d s.", MAX_RELOAD_SECONDS)
            self.ready()
        self._update_status(" ".join(_describe(status)) or "Running.")

    def _update_status(self, text: str) -> None:
        if text != self._status:
            self._status = text
            self._send(f"STATUS={text}")

    def _send(self, *assignments: str) -> None:
        """Send one message; a service manager that does not listen is no reason to fail."""
        if not self._address:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(SEND_SECONDS)
            sender.sendto("\n".join(assignments).encode(), self._address)


def _describe(status: EngineStatus) -> Iterator[str]:
    """Yield what is wrong, without durations, so that the status changes rarely."""
    if status.outage_reason:
        yield f"The database fails: {status.outage_reason}."
    if status.storage_seconds > MAX_WAIT_SECONDS:
        yield "The database does not answer."
    if not status.is_alive:
        yield "The engine is busy."
