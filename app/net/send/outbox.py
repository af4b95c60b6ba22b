"""One connection's bytes to send.

Three threads meet here without a lock, because each piece of state has one owner, but for `fault` and `is_ending`,
which anybody may set and nobody takes back. The engine pushes, and counts what it pushed; what it pushes goes
through the one queue of the flusher, in which everything has its place: what is for one connection, what is for a
crowd that it is in, and its end. The flusher takes it from there, keeps what waits, and counts what it sent. The
reader looks, and says when it is done with the socket. Whoever pushes wakes the flusher afterwards, once for all it
pushed.
"""

import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol

from app.engine.delivery.sink import Broadcaster
from app.net.transport.transport import Transport

EVICTED = "SendQ exceeded"
MAX_SEND_BYTES = 256 * 1024  # joined into one send
END = None  # posted instead of bytes: nothing comes behind it

logger = logging.getLogger(__name__)


class Scheduler(Broadcaster, Protocol):
    """Who sends what is queued: a flusher."""

    @property
    def post(self) -> Callable[[tuple["Outbox", bytes | None]], None]:
        """What takes bytes for an outbox, to be looked at once awake; none to have it looked at."""

    def wake(self) -> None:
        """Look at what was posted, soon."""


class Outbox:
    """Bytes waiting for one socket. Past `limit` bytes the connection is given up."""

    __slots__ = (
        "_chunks",
        "_group_bytes",
        "_limit",
        "_post",
        "_pushed",
        "_scheduler",
        "_sent",
        "deadline",
        "fault",
        "finishing",
        "is_closed",
        "is_ending",
        "is_registered",
        "released",
        "socket",
        "transport",
        "unsent",
    )

    def __init__(
        self, connection: socket.socket, scheduler: Scheduler, limit: int, transport: Transport | None
    ) -> None:
        self.socket = connection
        self.transport = transport
        self.is_ending = False  # nothing more is queued
        self.released = False  # the reader is done with the socket, so it may be closed
        self.fault: str | None = None  # why the connection was given up
        self.finishing = False  # everything was queued; close when it is sent
        self.is_closed = False  # the flusher has closed the socket
        self.unsent = b""  # taken, perhaps encrypted, but not accepted by the socket yet
        self.is_registered = False  # the flusher waits for the socket to become writable
        self.deadline: float | None = None  # monotonic seconds until which a finishing connection may linger
        self._chunks: deque[bytes] = deque()
        self._scheduler = scheduler
        self._post = scheduler.post
        self._limit = limit
        self._pushed = 0  # bytes, by the engine, for this connection alone
        self._group_bytes = 0  # bytes for a crowd that had to be kept for this connection
        self._sent = 0

    @property
    def broadcaster(self) -> Broadcaster:
        """The flusher."""
        return self._scheduler

    def push(self, data: bytes) -> None:
        """Queue bytes, to be sent once the flusher is woken; a peer too far behind is given up instead.

        One push may pass the limit: what a single batch brings says nothing about how fast the peer reads.
        """
        if self.is_ending:
            return
        if self._waiting > self._limit:
            self.fail(EVICTED)
        self._pushed += len(data)
        self._post((self, data))

    def finish(self) -> None:
        """End the connection once everything queued is sent; nothing more is queued."""
        self.is_ending = True
        self._post((self, END))
        self._scheduler.wake()

    def fail(self, fault: str) -> None:
        """Let the connection end without what is queued, for a reason; an earlier one stands."""
        self.fault = self.fault or fault
        self.is_ending = True

    def release(self) -> None:
        """Say that the reader will not touch the socket any more; it said before that all is over."""
        self.released = True
        self.request_flush()

    def request_flush(self) -> None:
        """Have the flusher look at this outbox."""
        self._post((self, b""))
        self._scheduler.wake()

    # For the flusher

    def add(self, data: bytes | None) -> None:
        """Take what was pushed; behind the end comes nothing."""
        if data is END:
            self.finishing = True
        elif data and not self.finishing:
            self._chunks.append(data)

    def add_group_data(self, data: bytes) -> None:
        """Take what a crowd was told, of which the peer cannot be sent its part at once."""
        if self._waiting > self._limit:
            self.fail(EVICTED)
        self._group_bytes += len(data)
        self.add(data)

    def take(self) -> bytes:
        """Return the next bytes for the socket: what was left over, or what is queued, as much as one send takes."""
        if self.fault is not None:
            self._chunks.clear()
            self.unsent = b""
            return b""
        if self.unsent:
            data, self.unsent = self.unsent, b""
            return data
        data = b""
        if chunks := self._chunks:
            data = chunks.popleft()  # mostly there is one piece, which is passed on as it is
            if chunks and len(data) < MAX_SEND_BYTES:
                data = self._joined(data)
            self._sent += len(data)
        return (
            data
            if self.transport is None
            else self.wrap(self.transport, data, is_last=self.finishing and not chunks)
        )

    def wrap(self, transport: Transport, data: bytes, is_last: bool = False) -> bytes:
        """Return what the pipe makes of bytes; if there is a fault in it, that ends this connection and no other."""
        try:
            return transport.encrypt(data, is_last)
        except Exception:
            logger.exception("A pipe failed; its client is disconnected.")
            self.fail("The server made a mistake")
            self.request_flush()
            return b""

    def _joined(self, first: bytes) -> bytes:
        parts, size = [first], len(first)
        while self._chunks and size < MAX_SEND_BYTES:
            parts.append(self._chunks.popleft())
            size += len(parts[-1])
        return b"".join(parts)

    @property
    def is_closed_by_peer(self) -> bool:
        """Whether the peer said, in the terms of its pipe, that it sends nothing more."""
        return self.transport is not None and self.transport.is_closed_by_peer

    @property
    def is_behind(self) -> bool:
        """Whether the peer has yet to read so much that slow work for it can wait: half of the limit."""
        return not self.is_ending and self._waiting > self._limit // 2

    @property
    def backlog(self) -> int:
        """How many bytes wait, before they are wrapped."""
        return self._waiting + len(self.unsent)

    @property
    def _waiting(self) -> int:
        return self._pushed + self._group_bytes - self._sent

    @property
    def is_empty(self) -> bool:
        """Whether nothing is waiting."""
        return not self._chunks and not self.unsent

    @property
    def is_clear(self) -> bool:
        """Whether nothing is waiting and there is no end in sight, so that what comes next can be sent at once."""
        return not (self._chunks or self.unsent or self.finishing or self.released or self.fault is not None)
