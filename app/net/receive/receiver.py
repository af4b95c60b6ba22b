"""A receiver: receives on many sockets with one call of the system, by an io_uring.

Each socket is armed for one receive. What comes is put by the kernel into one of a few buffers that all of them
share, so that whoever only waits holds no memory here. How the kernel is given buffers is told in
io_uring_register(2), from IORING_REGISTER_PBUF_RING on.
"""

import ctypes
import errno
import mmap
import os
import struct
from array import array
from collections.abc import Iterable, Sequence

from app.net.kernel.io_uring import COMPLETION, SECOND, WHAT, WHOSE, IoUring, operation

OP_RECEIVE = 27
CHOOSE_BUFFER = 1 << 5  # a flag of an entry: the kernel takes one of those it was given
HAS_BUFFER = 1  # a flag of a completion: which one is in the upper half of the flags
ONE_THREAD, WHEN_ASKED = 1 << 12, 1 << 13  # the kernel interrupts nobody, and works when its ring is entered
GIVE_BUFFERS = 22
MAX_ARMED = 1024  # at once
BUFFERS = 1024
BUFFER_BYTES = 4 * 1024
GIFT = struct.Struct("=QIH")  # a buffer on the shelf: address, length, number
TAIL = struct.Struct("=H")  # how many were ever put there: in what is left over of the first place
PLACE_BYTES = 16
SHELF = struct.Struct("=QIHH24x")  # address, places, number, flags
TRANSIENT_ERRORS = (
    errno.ENOBUFS,
    errno.EINTR,
    errno.EAGAIN,
)  # there was no buffer left, or no time; another attempt may do

Received = bytes | OSError  # no bytes are the end


class Receiver:
    """Receives on many sockets. Belongs to one thread."""

    def __init__(self) -> None:
        """Set the ring and its buffers up.

        Raises: OSError where the system has no such thing, forbids it, or is older than Linux 6.1.
        """
        self._ring = IoUring(MAX_ARMED, ONE_THREAD | WHEN_ASKED)
        self._operation = operation(OP_RECEIVE, CHOOSE_BUFFER)
        self._memory = mmap.mmap(-1, BUFFERS * BUFFER_BYTES)
        self._start = _address(self._memory)
        self._gifts = mmap.mmap(-1, BUFFERS * PLACE_BYTES)
        self._given = 0
        self._again: list[int] = []  # those for whom there was no buffer
        with self._ring.tried() as (ours, theirs):
            shelf = ctypes.create_string_buffer(SHELF.pack(_address(self._gifts), BUFFERS, 0, 0))
            self._ring.register(GIVE_BUFFERS, ctypes.addressof(shelf), 1)
            self._give(range(BUFFERS))
            theirs.send(b"?")
            [(_, received)] = self.receive([ours.fileno()], 1)
            if isinstance(received, OSError):
                raise received

    def close(self) -> None:
        """Receive nothing any more, and give everything back."""
        self._ring.close()

    def receive(self, descriptors: Sequence[int], least: int) -> list[tuple[int, Received]]:
        """Receive on these sockets too, once each, and wait for so many of all that are armed.

        Return which were sent what, or have failed; they are armed no more.
        """
        armed, self._again = array("Q", [*self._again, *descriptors]), []
        found = b""
        while len(armed) > (room := self._ring.room):
            found += self._enter(armed[:room], 0)
            armed = armed[room:]
        found += self._enter(armed, 0 if found else least)
        return self._received(found)

    def _enter(self, descriptors: "array[int]", least: int) -> bytes:
        count = len(descriptors)
        receives = array("Q", [self._operation | one << SECOND for one in descriptors])
        self._ring.write({WHAT: receives, WHOSE: descriptors}, count)
        return self._ring.enter(count, least)

    def _received(self, completions: bytes) -> list[tuple[int, Received]]:
        received: list[tuple[int, Received]] = []
        used: list[int] = []
        for descriptor, result, flags in COMPLETION.iter_unpack(completions):
            number = flags >> 16
            if flags & HAS_BUFFER:
                used.append(number)
            if result > 0:
                start = BUFFER_BYTES * number
                received.append((descriptor, self._memory[start : start + result]))
            elif -result in TRANSIENT_ERRORS:
                self._again.append(descriptor)
            else:
                received.append((descriptor, OSError(-result, os.strerror(-result)) if result else b""))
        self._give(used)
        return received

    def _give(self, numbers: Iterable[int]) -> None:
        """Give buffers to the kernel, first or back."""
        for number in numbers:
            address, place = self._start + BUFFER_BYTES * number, PLACE_BYTES * (self._given % BUFFERS)
            GIFT.pack_into(self._gifts, place, address, BUFFER_BYTES, number)
            self._given += 1
        TAIL.pack_into(self._gifts, GIFT.size, self._given & 0xFFFF)


def _address(memory: mmap.mmap) -> int:
    """Return where it begins."""
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))
