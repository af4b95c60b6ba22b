"""Senders: non-blocking sends on many sockets, one by one or through io_uring."""

import ctypes
import errno
import logging
import os
import socket
from array import array
from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from typing import Any, Protocol

from app.net.kernel.io_uring import (
    ADDR,
    CQE,
    FIRST_FIELD,
    LEN_FLAGS,
    OPCODE_FD,
    SECOND_FIELD,
    USER_DATA,
    IoUring,
    opcode_word,
)

OP_SEND = 26
SEND_FLAGS = socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)
FD_MASK = 0xFFFFFFFF  # the file descriptor of a closed socket is -1
FLAGS_WORD = SEND_FLAGS << SECOND_FIELD  # in the same SQE word as the length
SUBMISSION_QUEUE_SIZE = 1024

logger = logging.getLogger(__name__)


class Sender(Protocol):
    """Sends on many sockets. Belongs to one thread."""

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send each socket its data without blocking; return bytes sent or -errno for each."""

    def prepare(self, connections: Sequence[socket.socket]) -> MutableSequence[Any]:
        """Return targets for `broadcast`, valid until one of the sockets is closed."""

    def broadcast(self, targets: Sequence[Any], data: bytes) -> Iterable[tuple[int, int]]:
        """Send the same data to all targets.

        Return the index and the result (bytes sent or -errno) of each incomplete send.
        """

    def close(self) -> None:
        """Release the kernel's resources."""


class SocketSender:
    """Sends with one system call per socket."""

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send each socket its data without blocking; return bytes sent or -errno for each."""
        return [_send(connection, data) for connection, data in batch]

    def prepare(self, connections: Sequence[socket.socket]) -> list[socket.socket]:
        """Return targets for `broadcast`."""
        return list(connections)

    def broadcast(self, targets: Sequence[socket.socket], data: bytes) -> Iterable[tuple[int, int]]:
        """Send the same data to all targets.

        Return the index and the result (bytes sent or -errno) of each incomplete send.
        """
        results = enumerate([_send(connection, data) for connection in targets])
        return [(index, sent) for index, sent in results if sent != len(data)]

    def close(self) -> None:
        """Do nothing: there are no resources."""


def _send(connection: socket.socket, data: bytes) -> int:
    try:
        return connection.send(data, SEND_FLAGS)
    except OSError as error:
        return -(error.errno or errno.EIO)


class IoUringSender:
    """Sends on many sockets with one system call, through io_uring.

    Every SQE has MSG_DONTWAIT, so all of them are complete when the call returns. In a broadcast,
    only the word with the file descriptor differs between the SQEs.
    """

    def __init__(self) -> None:
        """Set up and probe the ring. Raises: OSError when io_uring is unsupported or forbidden."""
        self._ring = IoUring(SUBMISSION_QUEUE_SIZE)
        self._send_word = opcode_word(OP_SEND)
        self._ring.write(
            {USER_DATA: array("Q", range(SUBMISSION_QUEUE_SIZE))}, SUBMISSION_QUEUE_SIZE
        )  # constant: the slot of each SQE
        with self._ring.probe() as (probe, _):  # io_uring of Linux 5.4 has no send
            (sent,) = self.send([(probe, b"?")])
            if sent < 0:
                raise OSError(-sent, os.strerror(-sent))

    def close(self) -> None:
        """Release the kernel's resources."""
        self._ring.close()

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send each socket its data without blocking; return bytes sent or -errno for each."""
        results: list[int] = []
        while len(results) < len(batch):
            part = batch[len(results) : len(results) + self._ring.capacity]
            cqes = self._submit(
                self.prepare([connection for connection, _ in part]),
                array("Q", _addresses(data for _, data in part)),
                array("Q", [len(data) << FIRST_FIELD | FLAGS_WORD for _, data in part]),
            )
            results += _results(cqes)
        return results

    def prepare(self, connections: Sequence[socket.socket]) -> "array[int]":
        """Return targets for `broadcast`, valid until one of the sockets is closed."""
        return array(
            "Q",
            [self._send_word | (connection.fileno() & FD_MASK) << SECOND_FIELD for connection in connections],
        )

    def broadcast(self, targets: Sequence[int], data: bytes) -> list[tuple[int, int]]:
        """Send the same data to all targets.

        Return the index and the result (bytes sent or -errno) of each incomplete send.
        """
        incomplete: list[tuple[int, int]] = []
        start = 0
        while start < len(targets):
            part = targets[start : start + self._ring.capacity]
            cqes = self._submit(
                part,
                array("Q", [_address(data)]) * len(part),
                array("Q", [len(data) << FIRST_FIELD | FLAGS_WORD]) * len(part),
            )
            if not _are_all(cqes, len(data)):
                results = enumerate(_results(cqes), start)
                incomplete += [(index, sent) for index, sent in results if sent != len(data)]
            start += len(part)
        return incomplete

    def _submit(self, targets: Sequence[int], addresses: "array[int]", lengths: "array[int]") -> bytes:
        """Send each target its data, and return the CQEs."""
        count = len(targets)
        self._ring.write({OPCODE_FD: targets, ADDR: addresses, LEN_FLAGS: lengths}, count)
        return self._ring.enter(count, count)


def _address(data: bytes) -> int:
    return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0


def _addresses(chunks: Iterable[bytes]) -> Iterator[int]:
    """Yield the memory address of each object; consecutive recipients often share the same one."""
    last, address = b"", 0
    for data in chunks:
        if data is not last:
            last, address = data, _address(data)
        yield address


def _results(cqes: bytes) -> list[int]:
    """Return the results (bytes sent or -errno) in the order of the SQEs."""
    return [result for _, result, _ in sorted(CQE.iter_unpack(cqes))]


def _are_all(cqes: bytes, result: int) -> bool:
    """Whether all CQEs have this result and no flags."""
    words = memoryview(cqes).cast("Q")[1::2]
    return words == memoryview(array("Q", [result << FIRST_FIELD]) * len(words))


def best_sender(use_io_uring: bool) -> Sender:
    """Return an io_uring sender if enabled and available, or else a socket sender."""
    if use_io_uring:
        try:
            return IoUringSender()
        except OSError as error:
            logger.debug("io_uring cannot be used to send: %s", error)
    return SocketSender()
