"""The client's connection to the server, which reconnects automatically.

One thread ("link") connects, reads and writes, and reconnects with backoff when the connection is
lost. Only this thread uses the socket, so TLS needs no lock. It reports events to the driver's
queue; any thread may call `send`. The queue is bounded: when the driver falls behind, the thread
blocks, and TCP flow control slows down the server.
"""

import contextlib
import selectors
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

from app.client.net.backoff import Backoff
from app.client.net.connect import Address, NoSuchServer, UnknownHost, Unreachable, connect, explain
from app.clock import Clock
from app.wire.framing import MAX_SERVER_TAG_BYTES, Frame, Framer, FramingError, OversizedLine, UndecodableLine

RECEIVE_BYTES = 64 * 1024
MAX_LINE_BYTES = 8 * 1024  # servers may allow more than the 512 bytes of RFC 1459
MAX_UNSENT_BYTES = 4 * 1024 * 1024  # beyond it, the connection is dropped
CLOSED_BY_SERVER = "The server closed the connection."


@dataclass(frozen=True, slots=True)
class Connecting:
    """An attempt to connect has started."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The connection was established."""


@dataclass(frozen=True, slots=True)
class Received:
    """Lines were received."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection was lost."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """The link is waiting before it connects again; `reason` is why connecting failed, or ""."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The link has stopped permanently.

    `error` is `Untrusted` or `NoSuchServer`, or an unexpected exception, which is a defect.
    """

    error: Exception | None = None


LinkEvent = Connecting | Opened | Received | Lost | Waiting | Ended


class Link:
    """A connection that reconnects automatically."""

    def __init__(self, address: Address, report: Callable[[LinkEvent], None], clock: Clock) -> None:
        self.address = address
        self._report = report
        self._backoff = Backoff(clock)
        self._unsent = bytearray()
        self._lock = threading.Lock()  # guards _unsent and _dropped
        self._dropped = ""
        self._has_opened = False
        self._stopping = threading.Event()
        self._skip_wait = threading.Event()
        self._prepare()

    def _prepare(self) -> None:
        """Create what one run of the thread needs."""
        self._stopping.clear()
        self._skip_wait.clear()
        self._waker_receiver, self._waker = socket.socketpair()
        self._waker_receiver.setblocking(False)
        self._waker.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def start(self) -> None:
        """Start connecting, also again after the link has ended."""
        if self._thread.ident is not None:
            self._prepare()
        self._thread.start()

    def send(self, line: str) -> None:
        """Queue a line for sending; it is discarded if there is no connection."""
        with self._lock:
            self._unsent += line.encode() + b"\r\n"
        self._wake()

    def reset_backoff(self) -> None:
        """Reset the backoff, because registration on this connection succeeded."""
        self._backoff.reset()

    def drop(self, reason: str) -> None:
        """Close this connection and reconnect immediately."""
        self._skip_wait.set()
        with self._lock:
            self._dropped = reason
        self._wake()

    def stop(self, drain_seconds: float = 2.0) -> None:
        """Stop permanently; queued lines are sent for at most `drain_seconds`."""
        self._stopping.set()
        self._skip_wait.set()
        self._wake()
        self._thread.join(drain_seconds)
        if self._thread.is_alive():
            self.drop(CLOSED_BY_SERVER)
            self._thread.join(drain_seconds)

    def _wake(self) -> None:
        """Wake the thread. If the buffer is full, a wake-up is already pending."""
        with contextlib.suppress(BlockingIOError, OSError):
            self._waker.send(b"!")

    def _run(self) -> None:
        """Connect and reconnect until stopped."""
        error: Exception | None = None
        try:
            while not self._stopping.is_set():
                self._wait(self._attempt())
        except Exception as caught:  # noqa: BLE001 - a ChatError or a defect; the driver must end
            error = caught
        self._waker_receiver.close()
        self._waker.close()
        self._report(Ended(error))

    def _attempt(self) -> str:
        """Connect, and serve the connection until it ends. Return why connecting failed, or ""."""
        self._report(Connecting())
        try:
            connected = connect(self.address)
        except UnknownHost as error:
            if self._has_opened:
                return str(error)
            raise NoSuchServer(f"{error} Check the name, given by -i or the setting ip.") from error
        except Unreachable as error:
            return str(error)
        with connected:
            self._has_opened = True
            self._reset_buffers()
            self._report(Opened())
            reason = self._exchange(connected)
            _discard_unsent(connected)
        self._report(Lost(reason))
        return ""

    def _reset_buffers(self) -> None:
        """Discard the lines queued for the previous connection."""
        with self._lock:
            self._unsent.clear()
            self._dropped = ""

    def _wait(self, reason: str) -> None:
        """Wait before the next attempt, unless `drop` or `stop` was called."""
        if self._stopping.is_set() or self._skip_wait.is_set():
            self._skip_wait.clear()
            return
        seconds = self._backoff.next_wait()
        self._report(Waiting(reason, seconds))
        self._skip_wait.wait(seconds)
        self._skip_wait.clear()

    def _exchange(self, connected: socket.socket) -> str:
        """Read and write until the connection ends; return the reason."""
        framer = Framer(MAX_LINE_BYTES, MAX_SERVER_TAG_BYTES)
        with selectors.DefaultSelector() as selector:
            selector.register(connected, selectors.EVENT_READ)
            selector.register(self._waker_receiver, selectors.EVENT_READ)
            try:
                while True:
                    if reason := self._poll(connected, selector, framer):
                        return reason
            except FramingError:
                return "The server sent data that is not IRC."
            except OSError as error:
                return explain(error, self.address)

    def _poll(self, connected: socket.socket, selector: selectors.BaseSelector, framer: Framer) -> str:
        """Wait for I/O and perform it. Return the reason to close the connection, or ""."""
        interest = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        selector.modify(connected, interest)
        selector.select()
        with contextlib.suppress(BlockingIOError):
            self._waker_receiver.recv(RECEIVE_BYTES)
        self._write(connected)
        if len(self._unsent) > MAX_UNSENT_BYTES:
            return "The server has stopped reading."
        return self._dropped or self._read(connected, framer)

    def _write(self, connected: socket.socket) -> None:
        """Send as much as the socket accepts."""
        with self._lock:
            if not self._unsent:
                return
            with contextlib.suppress(BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                sent = connected.send(self._unsent)
                del self._unsent[:sent]

    def _read(self, connected: socket.socket, framer: Framer) -> str:
        """Report all lines received. Return the reason to close the connection, or ""."""
        while True:
            try:
                data = connected.recv(RECEIVE_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return ""
            if not data:
                return CLOSED_BY_SERVER
            lines = tuple(_decode(frame) for frame in framer.feed(data))
            if lines:
                self._report(Received(lines))


def _discard_unsent(connected: socket.socket) -> None:
    """Discard what the kernel has not delivered yet.

    Otherwise it might deliver a message after the next connection has found it missing.
    """
    with contextlib.suppress(OSError):
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _decode(frame: Frame) -> str:
    """Return a line as text; a NOTE replaces an oversized line."""
    if isinstance(frame, OversizedLine):
        return ":server NOTE * LINE_TOO_LONG :The server sent a line that is too long to show."
    return frame.text if isinstance(frame, UndecodableLine) else frame
