"""The send queue of one connection.

Three threads use it without a lock, because each attribute has one writer, except `fault` and
`is_ending`, which any thread may set and none resets. The engine pushes bytes and counts them. They
pass through the flusher's single queue, which keeps the order between bytes for one connection,
bytes for its groups, and its end. The flusher takes them from there, keeps what waits, and counts
what it sent. The reader reads the state, and releases the socket. After pushing, a thread wakes the
flusher once for all its pushes.
"""

import logging
import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol

from app.engine.delivery.sink import EVICTED, Broadcaster
from app.net.transport.transport import Transport

MAX_SEND_BYTES = 256 * 1024  # per send
END = None  # posted instead of bytes: the connection ends here

logger = logging.getLogger(__name__)


class FlushQueue(Broadcaster, Protocol):
    """The flusher, as its outboxes see it."""

    @property
    def post(self) -> Callable[[tuple["Outbox", bytes | None]], None]:
        """A function that queues bytes until a wake-up; empty bytes only update the outbox."""

    def wake(self) -> None:
        """Start processing what was posted."""


class Outbox:
    """Bytes waiting for one socket. A connection with more than `limit` bytes is evicted."""

    __slots__ = (
        "_chunks",
        "_flush_queue",
        "_group_bytes",
        "_limit",
        "_post",
        "_pushed",
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
        self, connection: socket.socket, flush_queue: FlushQueue, limit: int, transport: Transport | None
    ) -> None:
        self.socket = connection
        self.transport = transport
        self.is_ending = False  # later pushes are ignored
        self.released = False  # the reader no longer uses the socket, so it may be closed
        self.fault: str | None = None  # why the connection failed
        self.finishing = False  # no more bytes will come; close once all are sent
        self.is_closed = False  # the flusher has closed the socket
        self.unsent = b""  # taken and encoded, but not accepted by the socket yet
        self.is_registered = False  # registered with the selector for writability
        self.deadline: float | None = None  # monotonic seconds until which a finishing connection may linger
        self._chunks: deque[bytes] = deque()
        self._flush_queue = flush_queue
        self._post = flush_queue.post
        self._limit = limit
        self._pushed = 0  # bytes for this connection alone, counted by the engine
        self._group_bytes = 0  # bytes for groups that were queued for this connection
        self._sent = 0

    @property
    def broadcaster(self) -> Broadcaster:
        """The flusher."""
        return self._flush_queue

    def push(self, data: bytes) -> None:
        """Queue bytes until the flusher is woken; evict the connection if its queue is full.

        A single push may exceed the limit, because its size says nothing about how fast the peer
        reads.
        """
        if self.is_ending:
            return
        if self._waiting > self._limit:
            self.fail(EVICTED)
        self._pushed += len(data)
        self._post((self, data))

    def finish(self) -> None:
        """Close the connection once everything queued is sent; later pushes are ignored."""
        self.is_ending = True
        self._post((self, END))
        self._flush_queue.wake()

    def fail(self, fault: str) -> None:
        """Close the connection and drop its queue; the first reason is kept."""
        self.fault = self.fault or fault
        self.is_ending = True

    def release(self) -> None:
        """Allow the flusher to close the socket; the reader calls it last, after `finish`."""
        self.released = True
        self.request_flush()

    def request_flush(self) -> None:
        """Make the flusher process this outbox."""
        self._post((self, b""))
        self._flush_queue.wake()

    # For the flusher

    def add(self, data: bytes | None) -> None:
        """Queue posted bytes; END marks the outbox as finishing."""
        if data is END:
            self.finishing = True
        elif data and not self.finishing:
            self._chunks.append(data)

    def add_group_data(self, data: bytes) -> None:
        """Queue bytes of a group that cannot be broadcast to this outbox."""
        if self._waiting > self._limit:
            self.fail(EVICTED)
        self._group_bytes += len(data)
        self.add(data)

    def take(self) -> bytes:
        """Return the next bytes to send: unsent bytes, or queued ones up to the send size."""
        if self.fault is not None:
            self._chunks.clear()
            self.unsent = b""
            return b""
        if self.unsent:
            data, self.unsent = self.unsent, b""
            return data
        data = b""
        if chunks := self._chunks:
            data = chunks.popleft()  # usually the only one, passed on without copying
            if chunks and len(data) < MAX_SEND_BYTES:
                data = self._join_chunks(data)
            self._sent += len(data)
        return (
            data
            if self.transport is None
            else self.wrap(self.transport, data, is_last=self.finishing and not chunks)
        )

    def wrap(self, transport: Transport, data: bytes, is_last: bool = False) -> bytes:
        """Encode bytes with the transport; an unexpected exception fails only this connection."""
        try:
            return transport.encrypt(data, is_last)
        except Exception:
            logger.exception("A transport failed; its client is disconnected.")
            self.fail("Internal server error")
            self.request_flush()
            return b""

    def _join_chunks(self, first: bytes) -> bytes:
        parts, size = [first], len(first)
        while self._chunks and size < MAX_SEND_BYTES:
            parts.append(self._chunks.popleft())
            size += len(parts[-1])
        return b"".join(parts)

    @property
    def is_closed_by_peer(self) -> bool:
        """Whether the peer has closed the transport."""
        return self.transport is not None and self.transport.is_closed_by_peer

    @property
    def is_behind(self) -> bool:
        """Whether the queue is over half its limit; slow work for the client then waits."""
        return not self.is_ending and self._waiting > self._limit // 2

    @property
    def backlog(self) -> int:
        """The number of waiting bytes before encoding."""
        return self._waiting + len(self.unsent)

    @property
    def _waiting(self) -> int:
        return self._pushed + self._group_bytes - self._sent

    @property
    def is_empty(self) -> bool:
        """Whether no bytes are queued or unsent."""
        return not self._chunks and not self.unsent

    @property
    def is_clear(self) -> bool:
        """Whether nothing is queued and the connection is open, so that broadcasts may reach it."""
        return not (self._chunks or self.unsent or self.finishing or self.released or self.fault is not None)
