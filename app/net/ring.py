"""An io_uring, as far as sending needs it: many sends for one call of the system.

The kernel shares two queues with us: entries that say what to do, and completions that say how it went. Every
entry asks not to wait, so all of them are done when the one call returns. Which addresses and offsets there are
is told in io_uring_setup(2), and how entries look in io_uring_enter(2).

To send many the same, nothing is done for each of them in Python: an entry is eight words, and the same word of
all entries is written as one slice, of which only that with the descriptor differs.
"""

import ctypes
import mmap
import os
import platform
import socket
import struct
import sys
from array import array
from collections.abc import MutableSequence, Sequence

SETUP, ENTER = 425, 426  # numbers of system calls, the same on every architecture
SINGLE_MMAP = 1  # a feature: both queues are found in one piece of memory
GET_EVENTS = 1
OP_SEND = 26
ENTRIES_OFFSET = 0x10000000  # where the entries themselves are found
ENTRY = struct.Struct("=BBHiQQIIQ24x")  # operation, flags, -, descriptor, -, address, length, flags, place
ENTRY_WORDS = ENTRY.size // 8
WHAT, WHERE, HOW = 0, 2, 3  # words of an entry: operation and descriptor, address, length and flags
OPERATION = struct.Struct("=BBHi")
AMOUNT = struct.Struct("=II")
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
        self._memory = mmap.mmap(self._descriptor, ENTRY.size * found.sq_entries, offset=ENTRIES_OFFSET)
        self._words = memoryview(self._queues).cast("I")
        self._entries = memoryview(self._memory).cast("Q")
        self._tail, self._taken, self._done = found.sq.tail // 4, found.cq.head // 4, found.cq.tail // 4
        self._completions, self._most = found.cq.cqes, found.cq_entries
        order = found.sq.array // 4
        for number in range(found.sq_entries):  # an entry's place in the queue is its place in memory
            self._words[order + number] = number
            ENTRY.pack_into(self._memory, ENTRY.size * number, 0, 0, 0, 0, 0, 0, 0, 0, number)

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
        self._entries.release()
        self._queues.close()
        self._memory.close()
        os.close(self._descriptor)

    def send(self, batch: Sequence[tuple[socket.socket, bytes]]) -> list[int]:
        """Send what each socket accepts now; return how many bytes that was, or the negative number of an error."""
        results: list[int] = []
        pack, memory, last, address = ENTRY.pack_into, self._memory, b"", 0
        while len(results) < len(batch):
            start = len(results)
            part = batch[start : start + self._room]
            for place, (connection, data) in enumerate(part, self._place):
                if data is not last:  # a few who are told the same are given the very same bytes
                    last, address = data, _address(data)
                at, descriptor = ENTRY.size * place, connection.fileno()
                pack(memory, at, OP_SEND, 0, 0, descriptor, 0, address, len(data), FLAGS, place)
            results += self._results(self._carry_out(len(part)))
        return results

    def aim(self, connections: Sequence[socket.socket]) -> MutableSequence[int]:
        """Return the sockets as `broadcast` wants them; that is good for as long as none of them is closed."""
        return array("Q", map(_what, connections))

    def broadcast(self, targets: Sequence[int], data: bytes) -> list[tuple[int, int]]:
        """Send all of them the same. Return which did not take all of it, by place, and what `send` would return."""
        short: list[tuple[int, int]] = []
        start = 0
        while start < len(targets):
            part = targets[start : start + self._room]
            self._fill(WHAT, part)
            self._fill(WHERE, array("Q", [_address(data)]) * len(part))
            self._fill(HOW, array("Q", [_amount(len(data), FLAGS)]) * len(part))
            found = self._carry_out(len(part))
            if not _are_all(found, len(data)):
                results = enumerate(self._results(found), start)
                short += [(place, sent) for place, sent in results if sent != len(data)]
            start += len(part)
        return short

    @property
    def _place(self) -> int:
        """The place in the queue that the next entry has."""
        place: int = self._words[self._tail] % SENDS
        return place

    @property
    def _room(self) -> int:
        """How many entries there is place for up to the end of the queue, which then begins again."""
        return SENDS - self._place

    def _fill(self, word: int, values: Sequence[int]) -> None:
        """Write one word of each of the next entries."""
        start = ENTRY_WORDS * self._place
        self._entries[start + word : start + ENTRY_WORDS * len(values) : ENTRY_WORDS] = memoryview(values)  # type: ignore[arg-type]

    def _carry_out(self, count: int) -> bytes:
        """Have the system work so many entries off, and return their completions."""
        self._words[self._tail] = (self._words[self._tail] + count) & 0xFFFFFFFF
        entered = 0
        while entered < count or self._completed() < count:
            try:
                entered += _call(ENTER, self._descriptor, count - entered, count, GET_EVENTS)
            except (InterruptedError, BlockingIOError):
                continue  # a signal, or the kernel is short of memory for a moment
        taken = self._words[self._taken]
        at = self._completions + COMPLETION.size * (taken % self._most)
        found = self._queues[at : at + COMPLETION.size * count]
        self._words[self._taken] = (taken + count) & 0xFFFFFFFF
        return found

    def _completed(self) -> int:
        """Return how many entries are done whose results were not taken yet."""
        waiting: int = self._words[self._done] - self._words[self._taken]
        return waiting & 0xFFFFFFFF

    @staticmethod
    def _results(completions: bytes) -> list[int]:
        """Return the results in the order of the entries."""
        return [result for _, result in sorted(COMPLETION.iter_unpack(completions))]


def _what(connection: socket.socket) -> int:
    """Return the first word of an entry that sends on this socket."""
    return int.from_bytes(OPERATION.pack(OP_SEND, 0, 0, connection.fileno()), sys.byteorder)


def _amount(count: int, flags: int) -> int:
    """Return the word that tells how much, in an entry and in its completion."""
    return int.from_bytes(AMOUNT.pack(count, flags), sys.byteorder)


def _are_all(completions: bytes, result: int) -> bool:
    """Whether all have this result, and nothing else to say."""
    words = memoryview(completions).cast("Q")[1::2]
    return words == memoryview(array("Q", [_amount(result, 0)]) * len(words))
