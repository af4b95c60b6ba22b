"""The only part of the client that knows a socket.

One thread ("link") connects, reads, writes, and connects again after a wait when the connection is lost. It
alone touches the socket, so TLS needs no lock. What happens is put into a queue for the driver; what is to
be sent is handed over by `send`, from any thread. The queue has a limit: a driver that does not keep up
makes the thread wait, and so the server.
"""

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass

from app.client.net.backoff import Backoff
from app.client.net.connect import Address, Unreachable, Untrusted, dial, explain
from app.clock import Clock
from app.wire.framing import MAX_SERVER_TAG_BYTES, Frame, Framer, FramingError, OversizedLine, UndecodableLine

RECEIVE_BYTES = 64 * 1024  # bytes read at once
MAX_LINE_BYTES = 8 * 1024  # a server may allow longer lines than RFC 1459
MAX_UNSENT_BYTES = 4 * 1024 * 1024  # past it the server is taken for dead
ENDED = "The server closed the connection."


@dataclass(frozen=True, slots=True)
class Connecting:
    """An attempt to connect begins."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A connection stands."""


@dataclass(frozen=True, slots=True)
class Received:
    """Lines came."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection is gone."""

    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is no connection; the next attempt is so many seconds away."""

    reason: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The link has stopped for good; with an error when it cannot work at all."""

    error: Untrusted | None = None


LinkEvent = Connecting | Opened | Received | Lost | Waiting | Ended


class Link:
    """A connection that comes back."""

    def __init__(self, address: Address, report: Callable[[LinkEvent], None], clock: Clock) -> None:
        self.address = address
        self._report = report
        self._backoff = Backoff(clock)
        self._unsent = bytearray()
        self._lock = threading.Lock()  # guards _unsent and _dropped
        self._dropped = ""
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    def send(self, line: str) -> None:
        """Send a line when there is a connection; without one it is dropped, as the connection was."""
        with self._lock:
            self._unsent += line.encode() + b"\r\n"
        self._ring()

    def settle(self) -> None:
        """The connection works: a later loss is retried soon again."""
        self._backoff.reset()

    def drop(self, reason: str) -> None:
        """End this connection; the next one is made at once."""
        self._hurry.set()
        with self._lock:
            self._dropped = reason
        self._ring()

    def stop(self, patience: float = 2.0) -> None:
        """End for good; what was handed over is still sent, if the server takes it within `patience` seconds."""
        self._stopping.set()
        self._hurry.set()
        self._ring()
        self._thread.join(patience)
        if self._thread.is_alive():
            self.drop(ENDED)
            self._thread.join(patience)

    def _ring(self) -> None:
        """Wake the thread; a full bell has been rung already."""
        with contextlib.suppress(BlockingIOError, OSError):
            self._bell.send(b"!")

    def _run(self) -> None:
        """Connect, talk, wait, until told to stop."""
        error: Untrusted | None = None
        try:
            while not self._stopping.is_set():
                self._pause(self._attempt())
        except Untrusted as untrusted:
            error = untrusted
        self._ear.close()
        self._bell.close()
        self._report(Ended(error))

    def _attempt(self) -> str:
        """Make one connection and talk until it ends; return why it did."""
        self._report(Connecting())
        try:
            connected = dial(self.address)
        except Unreachable as error:
            return str(error)
        with connected:
            self._begin()
            self._report(Opened())
            reason = self._controller(connected)
        self._report(Lost(reason))
        return ""

    def _begin(self) -> None:
        """Forget what was meant for the connection before."""
        with self._lock:
            self._unsent.clear()
            self._dropped = ""

    def _pause(self, reason: str) -> None:
        """Wait before the next attempt; a dropped connection is followed by a new one at once."""
        if self._stopping.is_set() or self._hurry.is_set():
            self._hurry.clear()
            return
        seconds = self._backoff.wait()
        self._report(Waiting(reason, seconds))
        self._hurry.wait(seconds)
        self._hurry.clear()

    def _controller(self, connected: socket.socket) -> str:
        """Read and write until the connection ends; return why."""
        framer = Framer(MAX_LINE_BYTES, MAX_SERVER_TAG_BYTES)
        with selectors.DefaultSelector() as selector:
            selector.register(connected, selectors.EVENT_READ)
            selector.register(self._ear, selectors.EVENT_READ)
            try:
                while True:
                    if reason := self._turn(connected, selector, framer):
                        return reason
            except FramingError:
                return "The server sends what is not IRC."
            except OSError as error:
                return explain(error, self.address)

    def _turn(self, connected: socket.socket, selector: selectors.BaseSelector, framer: Framer) -> str:
        """Wait for something to do and do it; return why the connection ends, if it does."""
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
        selector.modify(connected, wanted)
        selector.select()
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(RECEIVE_BYTES)
        self._write(connected)
        if len(self._unsent) > MAX_UNSENT_BYTES:
            return "The server does not take what is sent."
        return self._dropped or self._read(connected, framer)

    def _write(self, connected: socket.socket) -> None:
        """Send what the connection takes now."""
        with self._lock:
            if not self._unsent:
                return
            with contextlib.suppress(BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                sent = connected.send(self._unsent)
                del self._unsent[:sent]

    def _read(self, connected: socket.socket, framer: Framer) -> str:
        """Hand over everything that has come; return a reason when the server has closed."""
        while True:
            try:
                data = connected.recv(RECEIVE_BYTES)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return ""
            if not data:
                return ENDED
            lines = tuple(_readable(frame) for frame in framer.feed(data))
            if lines:
                self._report(Received(lines))


def _readable(frame: Frame) -> str:
    """Return a line as text; one that is too long is told as a notice of the server."""
    if isinstance(frame, OversizedLine):
        return ":server NOTE * LINE_TOO_LONG :A line of the server was too long to be shown."
    return frame.text if isinstance(frame, UndecodableLine) else frame
