"""An io_uring, as far as sending needs it: many sends for one call of the system.

The kernel shares two queues with us: entries that say what to do, and completions that say how it went. Every
entry asks not to wait, so all of them are done when the one call returns. Which addresses and offsets there are
is told in io_uring_setup(2), and how entries look in io_uring_enter(2).
"""

import ctypes
import mmap
import os
import platform
import socket
import struct
from collections.abc import Sequence

SETUP, ENTER = 425, 426  # numbers of system calls, the same on every architecture
SINGLE_MMAP = 1  # a feature: both queues are found in one piece of memory
GET_EVENTS = 1
OP_SEND = 26
ENTRIES_OFFSET = 0x10000000  # where the entries themselves are found
ENTRY = struct.Struct("=BBHiQQIIQ24x")  # operation, flags, -, descriptor, -, address, length, flags, place
COMPLETION = struct.Struct("=Qi4x")  # place, result
FLAGS = socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)
SENDS = 1024  # at once


def _words(*names: str) -> list[tuple[str, type[ctypes.c_uint32]]]:
    return [(name, ctypes.c_uint32) for name in names]


class _EntryOffsets(ctypes.Structure):
    _fields_ = [
        *_words("head", "tail", "ring_mask", "ring_entries", "flags", "dropped", "array", "reserved"),
        ("user_addr", ctypes.c_uint64),
    ]


class _CompletionOffsets(ctypes.Structure):
    _fields_ = [
        *_words("head", "tail", "ring_mask", "ring_entries", "overflow", "cqes", "flags", "reserved"),
        ("user_addr", ctypes.c_uint64),
    ]


class _Parameters(ctypes.Structure):
    _fields_ = [
        *_words("sq_entries", "cq_entries", "flags", "sq_thread_cpu", "sq_thread_idle", "features", "wq_fd"),
        ("reserved", ctypes.c_uint32 * 3),
        ("sq", _EntryOffsets),
        ("cq", _CompletionOffsets),
    ]


_system = ctypes.CDLL(None, use_errno=True).syscall
_system.argtypes = [ctypes.c_long] * 7
_system.restype = ctypes.c_long


def _call(number: int, *arguments: int) -> int:
    """Call the system; the interpreter's lock is free meanwhile. Raises: OSError."""
    result: int = _system(number, *arguments, *(0,) * (6 - len(arguments)))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _address(data: bytes) -> int:
    """Return where the bytes are in memory."""
    return ctypes.cast(ctypes.c_char_p(data), ctypes.c_void_p).value or 0


class Ring:
    """Sends on many sockets with one call. Belongs to one thread."""

    def __init__(self) -> None:
        """Set the queues up and try them. Raises: OSError where the system has no such thing, or forbids it."""
        if platform.system() != "Linux":
            raise OSError("io_uring is Linux's")
        found = _Parameters()
        self._descriptor = _call(SETUP, SENDS, ctypes.addressof(found))
        try:
            self._share(found)
            self._try()
        except OSError:
            os.close(self._descriptor)
            raise

    def _share(self, found: _Parameters) -> None:
        if not found.features & SINGLE_MMAP:
            raise OSError("its io_uring is too old")
        completions = COMPLETION.size * found.cq_entries
        end = max(found.sq.array + 4 * found.sq_entries, found.cq.cqes + completions)
        self._queues = mmap.mmap(self._descriptor, end)
        self._entries = mmap.mmap(self._descriptor, ENTRY.size * found.sq_entries, offset=ENTRIES_OFFSET)
        self._words = memoryview(self._queues).cast("I")
        self._tail, self._taken, self._done = found.sq.tail // 4, found.cq.head // 4, found.cq.tail // 4
        self._at, self._most = found.cq.cqes, found.cq_entries
        array = found.sq.array // 4
        for number in range(found.sq_entries):  # an entry's place in the queue is its place in memory
            self._words[array + number] = number

    def _try(self) -> None:
        """Send something: the ring of Linux 5.4 cannot, and some systems allow to make a ring but not to use it.

        Raises: OSError.
        """
        ours, theirs = socket.socketpair()
        with ours, theirs:
            (sent,) = self.send([(ours, b"?")])
        if sent < 0:
            raise OSError(-sent, os.strerror(-sent))

    def close(self) -> None:
        """Give everything back."""
        self._words.release()
        self._queues.close()
        self._entries.close()
        os.close(self._descriptor)

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send what each socket accepts now; return how many bytes that was, or the negative number of an error."""
        results: list[int] = []
        for start in range(0, len(batch), SENDS):
            part = batch[start : start + SENDS]
            self._enter(part)
            results += self._take(len(part))
        return results

    def _enter(self, part: Sequence[tuple[socket.socket, bytes]]) -> None:
        """Write an entry for each, and have the system work all of them off."""
        pack, entries, tail = ENTRY.pack_into, self._entries, self._words[self._tail]
        last, address = b"", 0
        for place, (connection, data) in enumerate(part):
            if data is not last:  # mostly the next one is sent the very same bytes
                last, address = data, _address(data)
            at = (tail + place) % SENDS * ENTRY.size
            pack(entries, at, OP_SEND, 0, 0, connection.fileno(), 0, address, len(data), FLAGS, place)
        self._words[self._tail] = (tail + len(part)) & 0xFFFFFFFF
        entered = 0
        while entered < len(part) or self._completed() < len(part):
            try:
                entered += _call(ENTER, self._descriptor, len(part) - entered, len(part), GET_EVENTS)
            except (InterruptedError, BlockingIOError):
                continue  # a signal, or the kernel is short of memory for a moment

    def _completed(self) -> int:
        """Return how many entries are done whose results were not taken yet."""
        waiting: int = self._words[self._done] - self._words[self._taken]
        return waiting & 0xFFFFFFFF

    def _take(self, count: int) -> list[int]:
        """Return the results of so many entries, in the order of these."""
        taken = self._words[self._taken]
        first = taken % self._most
        around = max(first + count - self._most, 0)  # so many are at the beginning again
        found = self._completions(first, count - around) + self._completions(0, around)
        self._words[self._taken] = (taken + count) & 0xFFFFFFFF
        return [result for _, result in sorted(COMPLETION.iter_unpack(found))]

    def _completions(self, first: int, count: int) -> bytes:
        at = self._at + COMPLETION.size * first
        return self._queues[at : at + COMPLETION.size * count]
