"""An io_uring: many things done for one call of the system.

The kernel shares two queues with us: entries that say what to do, and completions that say how it went. Which
addresses and offsets there are is told in io_uring_setup(2), and how entries look in io_uring_enter(2).

An entry is eight words, and most words of many entries are alike. So the same word of all of them is written as one
slice, and nothing is done for each of them in Python.
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

SETUP, ENTER, REGISTER = 425, 426, 427  # numbers of system calls, the same on every architecture
SINGLE_MMAP = 1  # a feature: both queues are found in one piece of memory
GET_EVENTS = 1
ENTRIES_OFFSET = 0x10000000  # where the entries themselves are found
ENTRY_WORDS = 8
WORD_BYTES = 8
# Words of an entry: operation and descriptor; address; length and flags; a mark of ours, which its completion bears.
WHAT, WHERE, HOW, WHOSE = 0, 2, 3, 4
COMPLETION = struct.Struct("=QiI")  # the mark of its entry, result, flags
FIRST, SECOND = (0, 32) if sys.byteorder == "little" else (32, 0)  # where the halves of a word stand in it


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


def operation(number: int, flags: int = 0) -> int:
    """Return the first word of an entry, without the descriptor, which is its second half."""
    return int.from_bytes(struct.pack("=BBHi", number, flags, 0, 0), sys.byteorder)


Columns = Mapping[int, Sequence[int]]  # words of many entries: the same word of each, one after the other


class IoUring:
    """Has the system work entries off. Belongs to one thread."""

    def __init__(self, size: int, flags: int = 0) -> None:
        """Set up queues for so many entries, a power of two.

        Raises: OSError where the system has no such thing, or forbids it.
        """
        if platform.system() != "Linux":
            raise OSError("io_uring is Linux's")
        self._size = size
        found = _Parameters(flags=flags)
        self._descriptor = _call(SETUP, size, ctypes.addressof(found))
        try:
            self._share(found)
        except OSError:
            os.close(self._descriptor)
            raise

    def _share(self, found: _Parameters) -> None:
        if not found.features & SINGLE_MMAP:
            raise OSError("its io_uring is too old")
        completions = COMPLETION.size * found.cq_entries
        end = max(found.sq.array + 4 * found.sq_entries, found.cq.cqes + completions)
        self._queues = mmap.mmap(self._descriptor, end)
        self._memory = mmap.mmap(
            self._descriptor, ENTRY_WORDS * WORD_BYTES * found.sq_entries, offset=ENTRIES_OFFSET
        )
        self._words = memoryview(self._queues).cast("I")
        self._entries = memoryview(self._memory).cast("Q")
        self._tail, self._taken, self._done = found.sq.tail // 4, found.cq.head // 4, found.cq.tail // 4
        self._completions, self._most = found.cq.cqes, found.cq_entries
        order = found.sq.array // 4
        for number in range(found.sq_entries):  # an entry's place in the queue is its place in memory
            self._words[order + number] = number

    @contextmanager
    def tried(self) -> Iterator[tuple[socket.socket, socket.socket]]:
        """Give two connected sockets to try a new ring with: some systems allow to make one but not to use it.

        It is closed if the attempt raises an OSError.
        """
        try:
            ours, theirs = socket.socketpair()
            with ours, theirs:
                yield ours, theirs
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Give everything back; what was not worked off yet is forgotten."""
        self._words.release()
        self._entries.release()
        self._queues.close()
        self._memory.close()
        os.close(self._descriptor)

    def register(self, what_for: int, address: int, count: int) -> None:
        """Tell the kernel of something that it is to use with this ring. Raises: OSError."""
        _call(REGISTER, self._descriptor, what_for, address, count)

    @property
    def room(self) -> int:
        """How many entries there is place for up to the end of the queue, which then begins again."""
        return self._size - self._place

    @property
    def _place(self) -> int:
        """The place in the queue that the next entry has."""
        place: int = self._words[self._tail] % self._size
        return place

    def write(self, columns: Columns, count: int) -> None:
        """Write words of the next entries, so many, for which there must be room; their other words stay."""
        start = ENTRY_WORDS * self._place
        for word, values in columns.items():
            self._entries[start + word : start + ENTRY_WORDS * count : ENTRY_WORDS] = memoryview(values)  # type: ignore[arg-type]

    def enter(self, count: int, least: int) -> bytes:
        """Have the next entries, so many, begun; wait for at least so many completions, and return all there are."""
        self._words[self._tail] = (self._words[self._tail] + count) & 0xFFFFFFFF
        entered = 0
        while entered < count or self._completed() < least:
            try:
                entered += _call(ENTER, self._descriptor, count - entered, least, GET_EVENTS)
            except (InterruptedError, BlockingIOError):
                continue  # a signal, or the kernel is short of memory for a moment
        return self._take(self._completed())

    def _completed(self) -> int:
        """Return how many entries are done whose completions were not taken yet."""
        waiting: int = self._words[self._done] - self._words[self._taken]
        return waiting & 0xFFFFFFFF

    def _take(self, count: int) -> bytes:
        """Take completions out of their queue."""
        taken = self._words[self._taken]
        place = taken % self._most
        found = self._slots(place, min(count, self._most - place))
        if place + count > self._most:
            found += self._slots(0, place + count - self._most)
        self._words[self._taken] = (taken + count) & 0xFFFFFFFF
        return found

    def _slots(self, place: int, count: int) -> bytes:
        """Return so many completions from a place in their queue on."""
        at = self._completions + COMPLETION.size * place
        return self._queues[at : at + COMPLETION.size * count]
