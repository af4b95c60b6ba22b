"""io_uring: many I/O operations in one system call.

The kernel shares two rings with the process: the submission queue, whose entries (SQEs) describe
operations, and the completion queue, whose entries (CQEs) hold their results. The layout of the
rings is documented in io_uring_setup(2), that of the entries in io_uring_enter(2).

An SQE has eight 64-bit words, and most of them are equal in a batch of SQEs. So each word is
written for the whole batch as one strided slice, without a Python loop over the entries.
"""

import ctypes
import mmap
import os
import platform
import socket
import struct
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

SETUP, ENTER, REGISTER = 425, 426, 427  # system call numbers, the same on every architecture
FEAT_SINGLE_MMAP = 1  # both rings share one mapping
ENTER_GETEVENTS = 1
OFF_SQES = 0x10000000  # mmap offset of the SQEs
SQE_WORDS = 8
WORD_BYTES = 8
# Indices of SQE words: opcode, flags and fd; addr; len and op flags; user_data, which the CQE
# repeats.
OPCODE_FD, ADDR, LEN_FLAGS, USER_DATA = 0, 2, 3, 4
CQE = struct.Struct("=QiI")  # user_data, res, flags
# Bit offsets of the two 32-bit fields in a word.
FIRST_FIELD, SECOND_FIELD = (0, 32) if sys.byteorder == "little" else (32, 0)


def _words(*names: str) -> list[tuple[str, type[ctypes.c_uint32]]]:
    return [(name, ctypes.c_uint32) for name in names]


class _SubmissionQueueOffsets(ctypes.Structure):
    _fields_ = [
        *_words("head", "tail", "ring_mask", "ring_entries", "flags", "dropped", "array", "reserved"),
        ("user_addr", ctypes.c_uint64),
    ]


class _CompletionQueueOffsets(ctypes.Structure):
    _fields_ = [
        *_words("head", "tail", "ring_mask", "ring_entries", "overflow", "cqes", "flags", "reserved"),
        ("user_addr", ctypes.c_uint64),
    ]


class _Parameters(ctypes.Structure):
    _fields_ = [
        *_words("sq_entries", "cq_entries", "flags", "sq_thread_cpu", "sq_thread_idle", "features", "wq_fd"),
        ("reserved", ctypes.c_uint32 * 3),
        ("sq", _SubmissionQueueOffsets),
        ("cq", _CompletionQueueOffsets),
    ]


_syscall = ctypes.CDLL(None, use_errno=True).syscall
_syscall.argtypes = [ctypes.c_long] * 7
_syscall.restype = ctypes.c_long


def _call(number: int, *arguments: int) -> int:
    """Make a system call with the interpreter lock released. Raises: OSError."""
    result: int = _syscall(number, *arguments, *(0,) * (6 - len(arguments)))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def opcode_word(opcode: int, flags: int = 0) -> int:
    """Return the first word of an SQE with a file descriptor of 0."""
    return int.from_bytes(struct.pack("=BBHi", opcode, flags, 0, 0), sys.byteorder)


Columns = Mapping[int, Sequence[int]]  # by SQE word index: the word's value in each SQE of a batch


class IoUring:
    """Submits entries to the kernel and collects completions. Belongs to one thread."""

    def __init__(self, size: int, flags: int = 0) -> None:
        """Set up a submission queue of `size` entries, a power of two.

        Raises: OSError when io_uring is unsupported or forbidden.
        """
        if platform.system() != "Linux":
            raise OSError("io_uring requires Linux")
        self._size = size
        parameters = _Parameters(flags=flags)
        self._descriptor = _call(SETUP, size, ctypes.addressof(parameters))
        try:
            self._map_rings(parameters)
        except OSError:
            os.close(self._descriptor)
            raise

    def _map_rings(self, parameters: _Parameters) -> None:
        if not parameters.features & FEAT_SINGLE_MMAP:
            raise OSError("the kernel's io_uring is too old")
        cqes_bytes = CQE.size * parameters.cq_entries
        end = max(parameters.sq.array + 4 * parameters.sq_entries, parameters.cq.cqes + cqes_bytes)
        self._rings = mmap.mmap(self._descriptor, end)
        self._sqe_memory = mmap.mmap(
            self._descriptor, SQE_WORDS * WORD_BYTES * parameters.sq_entries, offset=OFF_SQES
        )
        self._words = memoryview(self._rings).cast("I")
        self._sqes = memoryview(self._sqe_memory).cast("Q")
        self._sq_tail, self._cq_head, self._cq_tail = (
            parameters.sq.tail // 4,
            parameters.cq.head // 4,
            parameters.cq.tail // 4,
        )
        self._cqes_offset, self._cq_size = parameters.cq.cqes, parameters.cq_entries
        array = parameters.sq.array // 4
        for number in range(parameters.sq_entries):  # queue slot N always refers to SQE N
            self._words[array + number] = number

    @contextmanager
    def probe(self) -> Iterator[tuple[socket.socket, socket.socket]]:
        """Yield two connected sockets to test a new ring; close the ring on OSError.

        Some sandboxes allow io_uring_setup but not the operations.
        """
        try:
            first, second = socket.socketpair()
            with first, second:
                yield first, second
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Release the rings; pending operations are abandoned."""
        self._words.release()
        self._sqes.release()
        self._rings.close()
        self._sqe_memory.close()
        os.close(self._descriptor)

    def register(self, opcode: int, address: int, count: int) -> None:
        """Register a resource with the ring (io_uring_register(2)). Raises: OSError."""
        _call(REGISTER, self._descriptor, opcode, address, count)

    @property
    def capacity(self) -> int:
        """The number of SQEs that can be written before the submission queue wraps around."""
        return self._size - self._next_slot

    @property
    def _next_slot(self) -> int:
        slot: int = self._words[self._sq_tail] % self._size
        return slot

    def write(self, columns: Columns, count: int) -> None:
        """Write words of the next `count` SQEs (at most `capacity`); other words are unchanged."""
        start = SQE_WORDS * self._next_slot
        for word, values in columns.items():
            self._sqes[start + word : start + SQE_WORDS * count : SQE_WORDS] = memoryview(values)  # type: ignore[arg-type]

    def enter(self, count: int, min_completions: int) -> bytes:
        """Submit the next `count` SQEs, await at least `min_completions` CQEs, and return all."""
        self._words[self._sq_tail] = (self._words[self._sq_tail] + count) & 0xFFFFFFFF
        submitted = 0
        while submitted < count or self._available() < min_completions:
            try:
                submitted += _call(
                    ENTER, self._descriptor, count - submitted, min_completions, ENTER_GETEVENTS
                )
            except (InterruptedError, BlockingIOError):
                continue  # a signal, or the kernel is temporarily out of memory
        return self._read(self._available())

    def _available(self) -> int:
        """Return the number of unread CQEs."""
        unread: int = self._words[self._cq_tail] - self._words[self._cq_head]
        return unread & 0xFFFFFFFF

    def _read(self, count: int) -> bytes:
        """Remove CQEs from the completion queue and return them."""
        head = self._words[self._cq_head]
        slot = head % self._cq_size
        cqes = self._cqes(slot, min(count, self._cq_size - slot))
        if slot + count > self._cq_size:
            cqes += self._cqes(0, slot + count - self._cq_size)
        self._words[self._cq_head] = (head + count) & 0xFFFFFFFF
        return cqes

    def _cqes(self, slot: int, count: int) -> bytes:
        start = self._cqes_offset + CQE.size * slot
        return self._rings[start : start + CQE.size * count]
