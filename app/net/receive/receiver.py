"""Receiving on many sockets with one system call, through io_uring.

Each socket has one pending receive operation. The kernel puts the data into a buffer from a
provided buffer ring that all sockets share, so idle connections hold no memory. Provided buffer
rings are documented in io_uring_register(2) under IORING_REGISTER_PBUF_RING.
"""

import ctypes
import errno
import mmap
import os
import struct
from array import array
from collections.abc import Iterable, Sequence

from app.net.kernel.io_uring import CQE, OPCODE_FD, SECOND_FIELD, USER_DATA, IoUring, opcode_word

OP_RECV = 27
SQE_BUFFER_SELECT = 1 << 5  # SQE flag: use a provided buffer
CQE_F_BUFFER = 1  # CQE flag: the upper 16 bits of the flags are the buffer ID
SETUP_SINGLE_ISSUER, SETUP_DEFER_TASKRUN = 1 << 12, 1 << 13  # complete operations only inside io_uring_enter
REGISTER_PBUF_RING = 22
SUBMISSION_QUEUE_SIZE = 1024
BUFFERS = 1024
BUFFER_BYTES = 4 * 1024
BUFFER = struct.Struct("=QIH")  # struct io_uring_buf: addr, len, bid
TAIL = struct.Struct("=H")  # the tail of the buffer ring, in the reserved field of its first entry
BUFFER_ENTRY_BYTES = 16
BUFFER_REGISTRATION = struct.Struct(
    "=QIHH24x"
)  # struct io_uring_buf_reg: ring_addr, ring_entries, bgid, flags
TRANSIENT_ERRORS = (
    errno.ENOBUFS,
    errno.EINTR,
    errno.EAGAIN,
)  # no provided buffer was free, or interrupted: retry

Received = bytes | OSError  # empty bytes mean the end of the stream


class Receiver:
    """Receives on many sockets. Belongs to one thread."""

    def __init__(self) -> None:
        """Set up the ring and its buffers.

        Raises: OSError when io_uring is unsupported or forbidden, or the kernel is older than Linux
        6.1.
        """
        self._ring = IoUring(SUBMISSION_QUEUE_SIZE, SETUP_SINGLE_ISSUER | SETUP_DEFER_TASKRUN)
        self._recv_word = opcode_word(OP_RECV, SQE_BUFFER_SELECT)
        self._buffers = mmap.mmap(-1, BUFFERS * BUFFER_BYTES)
        self._buffers_address = _address(self._buffers)
        self._buffer_ring = mmap.mmap(-1, BUFFERS * BUFFER_ENTRY_BYTES)
        self._buffer_tail = 0
        self._to_retry: list[int] = []  # file descriptors
        with self._ring.probe() as (receiving, sending):
            registration = ctypes.create_string_buffer(
                BUFFER_REGISTRATION.pack(_address(self._buffer_ring), BUFFERS, 0, 0)
            )
            self._ring.register(REGISTER_PBUF_RING, ctypes.addressof(registration), 1)
            self._provide_buffers(range(BUFFERS))
            sending.send(b"?")
            [(_, received)] = self.receive([receiving.fileno()], 1)
            if isinstance(received, OSError):
                raise received

    def close(self) -> None:
        """Cancel all receives and release the ring."""
        self._ring.close()

    def receive(self, descriptors: Sequence[int], min_completions: int) -> list[tuple[int, Received]]:
        """Arm further sockets for one receive each, then wait for completions of any armed sockets.

        Return (file descriptor, received) pairs; these sockets are no longer armed.
        """
        fds, self._to_retry = array("Q", [*self._to_retry, *descriptors]), []
        cqes = b""
        while len(fds) > (capacity := self._ring.capacity):
            cqes += self._enter(fds[:capacity], 0)
            fds = fds[capacity:]
        cqes += self._enter(fds, 0 if cqes else min_completions)
        return self._process(cqes)

    def _enter(self, descriptors: "array[int]", min_completions: int) -> bytes:
        count = len(descriptors)
        opcodes = array("Q", [self._recv_word | fd << SECOND_FIELD for fd in descriptors])
        self._ring.write({OPCODE_FD: opcodes, USER_DATA: descriptors}, count)
        return self._ring.enter(count, min_completions)

    def _process(self, cqes: bytes) -> list[tuple[int, Received]]:
        received: list[tuple[int, Received]] = []
        used: list[int] = []
        for descriptor, result, flags in CQE.iter_unpack(cqes):
            buffer_id = flags >> 16
            if flags & CQE_F_BUFFER:
                used.append(buffer_id)
            if result > 0:
                start = BUFFER_BYTES * buffer_id
                received.append((descriptor, self._buffers[start : start + result]))
            elif -result in TRANSIENT_ERRORS:
                self._to_retry.append(descriptor)
            else:
                received.append((descriptor, OSError(-result, os.strerror(-result)) if result else b""))
        self._provide_buffers(used)
        return received

    def _provide_buffers(self, buffer_ids: Iterable[int]) -> None:
        """Add buffers to the provided buffer ring."""
        for buffer_id in buffer_ids:
            address, offset = (
                self._buffers_address + BUFFER_BYTES * buffer_id,
                BUFFER_ENTRY_BYTES * (self._buffer_tail % BUFFERS),
            )
            BUFFER.pack_into(self._buffer_ring, offset, address, BUFFER_BYTES, buffer_id)
            self._buffer_tail += 1
        TAIL.pack_into(self._buffer_ring, BUFFER.size, self._buffer_tail & 0xFFFF)


def _address(memory: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))
