"""Senders: how a flusher hands bytes to many sockets, none of which it waits for."""

import ctypes
import errno
import logging
import os
import socket
from array import array
from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from typing import Any, Protocol

from app.net.kernel.io_uring import COMPLETION, FIRST, HOW, SECOND, WHAT, WHERE, WHOSE, IoUring, operation

OP_SEND = 26
FLAGS = socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)
NONE = 0xFFFFFFFF  # the descriptor of a closed socket is -1
HURRY = FLAGS << SECOND  # beside the length
MAX_SENDS = 1024  # at once

logger = logging.getLogger(__name__)


class Sender(Protocol):
    """Sends on many sockets. Belongs to one thread."""

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send what each socket accepts now; return how many bytes that was, or the negative number of an error."""

    def prepare(self, connections: Sequence[socket.socket]) -> MutableSequence[Any]:
        """Return the sockets as `broadcast` wants them; that is good for as long as none of them is closed."""

    def broadcast(self, targets: Sequence[Any], data: bytes) -> Iterable[tuple[int, int]]:
        """Send all of them the same. Return which did not take all of it, by place, and what `send` would return."""

    def close(self) -> None:
        """Give everything back."""


class SocketSender:
    """Sends on one socket after the other: a call of the system for each, and a turn of the interpreter."""

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send what each socket accepts now; return how many bytes that was, or the negative number of an error."""
        return [_sent(connection, data) for connection, data in batch]

    def prepare(self, connections: Sequence[socket.socket]) -> list[socket.socket]:
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


class IoUringSender:
    """Sends on many sockets with one call of the system, by an io_uring.

    Every entry asks not to wait, so all of them are done when the call returns. To send many the same, only the
    word with the descriptor differs from one entry to the next.
    """

    def __init__(self) -> None:
        """Set the ring up and try it. Raises: OSError where the system has no such thing, or forbids it."""
        self._ring = IoUring(MAX_SENDS)
        self._send = operation(OP_SEND)
        self._ring.write(
            {WHOSE: array("Q", range(MAX_SENDS))}, MAX_SENDS
        )  # the mark of each is its place, for good
        with self._ring.tried() as (ours, _):  # the ring of Linux 5.4 cannot send
            (sent,) = self.send([(ours, b"?")])
            if sent < 0:
                raise OSError(-sent, os.strerror(-sent))

    def close(self) -> None:
        """Give everything back."""
        self._ring.close()

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send what each socket accepts now; return how many bytes that was, or the negative number of an error."""
        results: list[int] = []
        while len(results) < len(batch):
            part = batch[len(results) : len(results) + self._ring.room]
            found = self._carry_out(
                self.prepare([connection for connection, _ in part]),
                array("Q", _addresses(data for _, data in part)),
                array("Q", [len(data) << FIRST | HURRY for _, data in part]),
            )
            results += _results(found)
        return results

    def prepare(self, connections: Sequence[socket.socket]) -> "array[int]":
        """Return the sockets as `broadcast` wants them; that is good for as long as none of them is closed."""
        return array("Q", [self._send | (one.fileno() & NONE) << SECOND for one in connections])

    def broadcast(self, targets: Sequence[int], data: bytes) -> list[tuple[int, int]]:
        """Send all of them the same. Return which did not take all of it, by place, and what `send` would return."""
        short: list[tuple[int, int]] = []
        start = 0
        while start < len(targets):
            part = targets[start : start + self._ring.room]
            found = self._carry_out(
                part,
                array("Q", [_address(data)]) * len(part),
                array("Q", [len(data) << FIRST | HURRY]) * len(part),
            )
            if not _are_all(found, len(data)):
                results = enumerate(_results(found), start)
                short += [(place, sent) for place, sent in results if sent != len(data)]
            start += len(part)
        return short

    def _carry_out(self, targets: Sequence[int], addresses: "array[int]", amounts: "array[int]") -> bytes:
        """Send each as much from its address, and return the completions."""
        count = len(targets)
        self._ring.write({WHAT: targets, WHERE: addresses, HOW: amounts}, count)
        return self._ring.enter(count, count)


def _address(data: bytes) -> int:
    """Return where the bytes are in memory."""
    return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0


def _addresses(pieces: Iterable[bytes]) -> Iterator[int]:
    """Yield where each of them is in memory; a few who are told the same are given the very same bytes."""
    last, address = b"", 0
    for data in pieces:
        if data is not last:
            last, address = data, _address(data)
        yield address


def _results(completions: bytes) -> list[int]:
    """Return the results in the order of the entries."""
    return [result for _, result, _ in sorted(COMPLETION.iter_unpack(completions))]


def _are_all(completions: bytes, result: int) -> bool:
    """Whether all have this result, and nothing else to say."""
    words = memoryview(completions).cast("Q")[1::2]
    return words == memoryview(array("Q", [result << FIRST]) * len(words))


def best_sender(use_io_uring: bool) -> Sender:
    """Return a sender by io_uring, if it is wanted and the system has it; some forbid it, such as containers."""
    if use_io_uring:
        try:
            return IoUringSender()
        except OSError as error:
            logger.debug("There is no io_uring: %s", error)
    return SocketSender()
