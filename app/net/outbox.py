"""One connection's queue of bytes to send.

Two threads meet here without a lock. The engine pushes and only ever adds to `_pushed`; the flusher takes and
only ever adds to `_sent`. `deque.append` and `popleft` are atomic. The engine marks the outbox as scheduled
after it pushed; the flusher clears the mark before it takes. So whatever is pushed is either seen by the
flusher that is about to take, or schedules the outbox again. Whoever pushes wakes the flusher afterwards, once
for all it pushed.
"""

import socket
from collections import deque
from collections.abc import Callable
from typing import Protocol

from app.net.pipe import Pipe

EVICTED = "SendQ exceeded"
SEND_BYTES = 256 * 1024  # joined into one send


class Scheduler(Protocol):
    """Who sends what is queued: a flusher."""

    @property
    def schedule(self) -> Callable[["Outbox"], None]:
        """What takes an outbox to be looked at once awake."""

    def wake(self) -> None:
        """Look at what is scheduled, soon."""


class Outbox:
    """Bytes waiting for one socket. Past `limit` bytes the connection is given up."""

    __slots__ = (
        "_chunks",
        "_limit",
        "_pushed",
        "_schedule",
        "_scheduler",
        "_sent",
        "deadline",
        "fault",
        "finishing",
        "is_closed",
        "is_ending",
        "is_registered",
        "pipe",
        "released",
        "scheduled",
        "socket",
        "unsent",
    )

    def __init__(
        self, connection: socket.socket, scheduler: Scheduler, limit: int, pipe: Pipe | None
    ) -> None:
        self.socket = connection
        self.pipe = pipe
        self.scheduled = False
        self.finishing = False  # close when everything is sent
        self.released = False  # the reader is done with the socket, so it may be closed
        self.fault: str | None = None  # why the connection was given up
        self.is_ending = False  # one of these three, so that the connection is on its way out
        self.is_closed = False  # the flusher has closed the socket
        self.unsent = b""  # taken, perhaps encrypted, but not accepted by the socket yet
        self.is_registered = False  # the flusher waits for the socket to become writable
        self.deadline: float | None = None  # monotonic seconds until which a finishing connection may linger
        self._chunks: deque[bytes] = deque()
        self._scheduler = scheduler
        self._schedule = scheduler.schedule
        self._limit = limit
        self._pushed = 0
        self._sent = 0

    def push(self, data: bytes) -> None:
        """Queue bytes, to be sent once the flusher is woken; a peer too far behind is given up instead.

        One push may pass the limit: what a single batch brings says nothing about how fast the peer reads.
        """
        if self.is_ending:
            return
        if self._pushed - self._sent > self._limit:
            self.give_up(EVICTED)
        else:
            self._pushed += len(data)
            self._chunks.append(data)
        if not self.scheduled:  # as `nudge`, but whoever delivers wakes the flusher once for all
            self.scheduled = True
            self._schedule(self)

    def finish(self) -> None:
        """End the connection once everything queued is sent; nothing more is queued."""
        self.finishing = self.is_ending = True
        self.nudge()

    def give_up(self, fault: str) -> None:
        """Let the connection end without what is queued, for a reason; the first one counts."""
        self.fault = self.fault or fault
        self.is_ending = True
        self._chunks.clear()

    def release(self) -> None:
        """Say that the reader will not touch the socket any more."""
        self.released = self.is_ending = True
        self.nudge()

    def nudge(self) -> None:
        """Have the flusher look at this outbox."""
        if not self.scheduled:
            self.scheduled = True
            self._schedule(self)
        self._scheduler.wake()

    def take(self) -> bytes:
        """Return the next bytes for the socket: what was left over, or what is queued, as much as one send takes."""
        if self.unsent:
            data, self.unsent = self.unsent, b""
            return data
        data = b""
        if chunks := self._chunks:
            try:
                data = chunks.popleft()  # mostly there is one piece, which is passed on as it is
                if chunks and len(data) < SEND_BYTES:
                    data = self._joined(data)
            except IndexError:  # the engine gave the connection up meanwhile
                return b""
            self._sent += len(data)
        if self.pipe is None:
            return data
        return self.pipe.encrypt(data, is_last=self.finishing and not chunks)

    def _joined(self, first: bytes) -> bytes:
        parts, size = [first], len(first)
        while self._chunks and size < SEND_BYTES:
            parts.append(self._chunks.popleft())
            size += len(parts[-1])
        return b"".join(parts)

    @property
    def is_closed_by_peer(self) -> bool:
        """Whether the peer said, in the terms of its pipe, that it sends nothing more."""
        return self.pipe is not None and self.pipe.is_closed_by_peer

    @property
    def is_behind(self) -> bool:
        """Whether the peer has yet to read so much that slow work for it can wait: half of the limit."""
        waits = self.fault is None and not self.finishing
        return waits and self._pushed - self._sent > self._limit // 2

    @property
    def backlog(self) -> int:
        """How many bytes wait, before they are wrapped."""
        return self._pushed - self._sent + len(self.unsent)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is waiting."""
        return not self._chunks and not self.unsent
