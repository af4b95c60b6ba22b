"""Senders: how a flusher hands bytes to many sockets, none of which it waits for."""

import errno
import logging
import socket
from collections.abc import Iterable, MutableSequence, Sequence
from typing import Any, Protocol

from app.net.ring import FLAGS, Ring

logger = logging.getLogger(__name__)


class Sender(Protocol):
    """Sends on many sockets. Belongs to one thread."""

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send what each socket accepts now; return how many bytes that was, or the negative number of an error."""

    def aim(self, connections: Sequence[socket.socket]) -> MutableSequence[Any]:
        """Return the sockets as `broadcast` wants them; that is good for as long as none of them is closed."""

    def broadcast(self, targets: Sequence[Any], data: bytes) -> Iterable[tuple[int, int]]:
        """Send all of them the same. Return which did not take all of it, by place, and what `send` would return."""

    def close(self) -> None:
        """Give everything back."""


class OneByOne:
    """Sends on one socket after the other: a call of the system for each, and a turn of the interpreter."""

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send what each socket accepts now; return how many bytes that was, or the negative number of an error."""
        return [_sent(connection, data) for connection, data in batch]

    def aim(self, connections: Sequence[socket.socket]) -> list[socket.socket]:
        """Return the sockets as `broadcast` wants them."""
        return list(connections)

    def broadcast(self, targets: Sequence[socket.socket], data: bytes) -> Iterable[tuple[int, int]]:
        """Send all of them the same. Return which did not take all of it, by place, and what `send` would return."""
        results = enumerate([_sent(connection, data) for connection in targets])
        return [(place, sent) for place, sent in results if sent != len(data)]

    def close(self) -> None:
        """There is nothing to give back."""


def _sent(connection: socket.socket, data: bytes) -> int:
    try:
        return connection.send(data, FLAGS)
    except OSError as error:
        return -(error.errno or errno.EIO)


def best_sender(with_ring: bool) -> Sender:
    """Return a sender by io_uring, if it is wanted and the system has it; some forbid it, such as containers."""
    if with_ring:
        try:
            return Ring()
        except OSError as error:
            logger.debug("There is no io_uring: %s", error)
    return OneByOne()
