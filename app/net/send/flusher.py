"""Flushers: a few threads that send what is queued, and alone close sockets.

A flusher sleeps in its selector. What is to be sent is posted to it: bytes for one outbox, or for a crowd. It is
woken by a bell, once for all that was posted. One send takes all that waits for a connection, and where the system
allows it, one call takes the sends of all connections; what a socket does not accept waits until it is writable.

Nobody else closes a socket: a descriptor that is closed while a selector still lists it would be another
connection's a moment later. For the same reason, a crowd's descriptors are found out anew after a socket was closed.
"""

import errno
import logging
import os
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from threading import Event as Signal
from threading import Thread

from app.clock import Clock
from app.engine.delivery.sink import IndividualSinks, SinkGroup
from app.net.kernel.waker import Waker
from app.net.send.broadcast_group import BroadcastGroup, GroupSend
from app.net.send.flush_plan import FlushPlan, Post
from app.net.send.outbox import EVICTED, Outbox
from app.net.send.sender import Sender, best_sender
from app.threads import name_thread

# The socket is full, or the kernel is short of something; try again.
TRANSIENT_ERRORS = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.ENOMEM, errno.EINTR)
MIN_GROUP_SIZE = 8  # outboxes that are no crowd yet
MAX_SEND_BATCH_BYTES = 16 * 1024 * 1024  # bytes; each of those who are sent them may have a copy of its own
LINGER_SECONDS = 2.0  # how long a finishing connection may take to read its last lines
MAX_GROUP_BACKLOG_BYTES = 1024 * 1024  # bytes posted for crowds, a few rounds: behind more the engine waits

logger = logging.getLogger(__name__)


def _nothing() -> None:
    """Nobody wants to know."""


class Flusher:
    """One sending thread and the outboxes entrusted to it."""

    def __init__(self, number: int, clock: Clock, use_io_uring: bool) -> None:
        self.evicted = 0  # connections given up because they did not read
        self.has_failed = False  # the thread ended because of a mistake in the program
        self._clock = clock
        self._use_io_uring = use_io_uring
        self._posts: deque[Post] = deque()
        self._selector = selectors.DefaultSelector()
        self._waker = Waker()
        self._selector.register(self._waker.receiving_end, selectors.EVENT_READ)
        self._is_asleep = False
        self._is_stopping = False
        self._outboxes: set[Outbox] = set()
        self._unfinished: set[Outbox] = set()  # those with something left from before, or an end in sight
        self._finishing: set[Outbox] = set()
        self._closings = 0
        self._group_bytes_posted = 0  # bytes posted for crowds, by the engine
        self._group_bytes_taken = 0  # and of those taken from the queue
        self._has_caught_up = Signal()
        self._on_failure: Callable[[], None] = _nothing
        self._thread = Thread(target=self._run, name=f"flusher-{number}", daemon=True)

    def start(self, on_failure: Callable[[], None] = _nothing) -> None:
        """Begin to send. `on_failure` is called if that cannot go on."""
        self._on_failure = on_failure
        self._thread.start()

    def adopt(self, outbox: Outbox) -> None:
        """Take an outbox over, up to the closing of its socket; from any thread."""
        self._outboxes.add(outbox)

    @property
    def connection_count(self) -> int:
        """How many sockets are entrusted to this flusher and not closed yet."""
        return len(self._outboxes)

    @property
    def backlog(self) -> int:
        """How many bytes wait for all sockets entrusted to this flusher."""
        shared = [post for post in self._posts.copy() if isinstance(post, GroupSend)]
        told = sum(len(post.data) * len(post.group.outboxes) for post in shared)
        return told + sum(outbox.backlog for outbox in self._outboxes.copy())

    @property
    def post(self) -> Callable[[Post], None]:
        """What takes bytes for an outbox or a crowd, to be sent once awake; from any thread."""
        return self._posts.append

    def group(self, outboxes: Sequence[Outbox]) -> SinkGroup:
        """Return outboxes entrusted to this flusher as one; but a few are served as fast each for itself."""
        return (
            IndividualSinks(outboxes)
            if len(outboxes) < MIN_GROUP_SIZE
            else BroadcastGroup(outboxes, self.post_to_group)
        )

    def post_to_group(self, shared: GroupSend) -> None:
        """Take bytes for a crowd, to be sent once awake; for the engine."""
        self._group_bytes_posted += len(shared.data)
        self._posts.append(shared)

    def wake(self) -> None:
        """Look at what was posted, soon; from any thread."""
        if self._is_asleep and self._posts:
            self._is_asleep = False
            self._waker.wake()

    @property
    def is_behind(self) -> bool:
        """Whether so much is posted for crowds that whoever posts should wait."""
        return (
            self._group_bytes_posted - self._group_bytes_taken > MAX_GROUP_BACKLOG_BYTES
            and not self.has_failed
        )

    def wait_until_caught_up(self) -> None:
        """Wait while the flusher is behind; for the engine, so that what waits to be sent is bounded.

        A flusher waits for nobody's socket, so it is never behind for longer than it takes to send that much.
        """
        while self.is_behind:
            self._has_caught_up.clear()
            if self.is_behind:
                self._has_caught_up.wait()

    def finish(self) -> None:
        """Begin to end: send what is queued and close every socket, then end the thread."""
        self._is_stopping = True
        self._waker.wake()

    def join(self, patience: float) -> None:
        """Wait for the end, but at most so many seconds."""
        self._thread.join(patience)

    def _run(self) -> None:
        name_thread(self._thread.name)
        try:
            with closing(best_sender(self._use_io_uring)) as sender:
                while not self._is_stopping or self._outboxes:
                    self._run_once(sender)
        except Exception:
            self.has_failed = True
            logger.exception("A flusher failed. The server stops: nobody would hear anything more from it.")
            self._on_failure()
        finally:
            self._selector.close()
            self._waker.close()
            self._has_caught_up.set()

    def _run_once(self, sender: Sender) -> None:
        """Wait until there is something to do, and do all of it once."""
        self._is_asleep = True
        events = self._selector.select(0 if self._posts else self._select_timeout())
        self._is_asleep = False
        self._send_individually(sender, self._writable(events))
        posted = FlushPlan(self._posts, self._unfinished)
        self._execute(sender, posted)
        self._group_bytes_taken += posted.size
        if not self._has_caught_up.is_set() and not self.is_behind:
            self._has_caught_up.set()
        self._fail_overdue()

    def _select_timeout(self) -> float | None:
        return 0.1 if self._finishing or self._is_stopping else None

    def _writable(self, events: Sequence[tuple[selectors.SelectorKey, int]]) -> Iterator[Outbox]:
        """Yield the outboxes whose sockets have become writable."""
        for key, _ in events:
            if key.data is None:
                self._waker.receiving_end.recv(4096)
            else:
                yield key.data

    def _execute(self, sender: Sender, posted: FlushPlan) -> None:
        """Send what was posted: to each what is theirs, and to the crowds what they are told."""
        self._send_individually(
            sender, [one for one in posted.touched if one.is_ending or not one.is_registered]
        )
        for group, pieces in posted.group_posts.items():
            data = b"".join(pieces)
            for outbox, wrapped, sent in group.send(sender, data, posted.excluded, self._closings):
                self._keep_unsent(outbox, wrapped, sent)
                self._update(outbox)

    def _send_individually(self, sender: Sender, outboxes: Iterable[Outbox]) -> None:
        """Send everybody what is theirs, as much as the sockets accept now, with as few calls as the sender can."""
        waiting = iter(outboxes)
        while taken := self._taken(waiting):
            results = sender.send([(outbox.socket, data) for outbox, data in taken])
            for (outbox, data), sent in zip(taken, results, strict=True):
                if sent != len(data):
                    self._keep_unsent(outbox, data, sent)
                    self._update(outbox)
                elif outbox in self._unfinished or not outbox.is_clear:
                    self._watch(outbox, is_waiting=False)
                    outbox.request_flush()  # more data, also control bytes of the transport, may have been queued

    def _taken(self, outboxes: Iterator[Outbox]) -> list[tuple[Outbox, bytes]]:
        """Take what the next of them have to send, until that is as much as is sent at once."""
        taken: list[tuple[Outbox, bytes]] = []
        size = 0
        for outbox in outboxes:
            if data := outbox.take():
                taken.append((outbox, data))
                size += len(data)
                if size >= MAX_SEND_BATCH_BYTES:
                    break
            elif outbox in self._unfinished or not outbox.is_clear:
                self._update(outbox)
        return taken

    @staticmethod
    def _keep_unsent(outbox: Outbox, data: bytes, sent: int) -> None:
        """Keep what the socket did not accept, if it may accept it later; give the connection up otherwise."""
        if sent >= 0:
            outbox.unsent = data[sent:]
        elif -sent in TRANSIENT_ERRORS:
            outbox.unsent = data
        else:
            outbox.fail(os.strerror(-sent))

    def _update(self, outbox: Outbox) -> None:
        """Wait for writability, close, or forget about the outbox until it has something new."""
        if outbox.is_closed:
            return
        if outbox.fault is not None:
            self._abort(outbox)
        elif outbox.finishing:
            if outbox.is_empty:
                self._shutdown(outbox, socket.SHUT_WR)
            self._linger(outbox)
        is_done = outbox.finishing and outbox.is_empty
        if outbox.released and (is_done or outbox.fault is not None):
            self._close(outbox)
        else:
            self._watch(outbox, bool(outbox.unsent) and outbox.fault is None)

    def _watch(self, outbox: Outbox, is_waiting: bool) -> None:
        if is_waiting and not outbox.is_registered:
            is_waiting = self._register(outbox)
        elif outbox.is_registered and not is_waiting:
            self._selector.unregister(outbox.socket)
        outbox.is_registered = is_waiting
        if outbox.is_clear:
            self._unfinished.discard(outbox)
        else:
            self._unfinished.add(outbox)

    def _register(self, outbox: Outbox) -> bool:
        """Wait for the socket to become writable; where the system has no room for that, give the connection up."""
        try:
            self._selector.register(outbox.socket, selectors.EVENT_WRITE, outbox)
        except OSError as error:
            outbox.fail(error.strerror or str(error))
            self._abort(outbox)
            return False
        return True

    def _linger(self, outbox: Outbox) -> None:
        if outbox.deadline is None:
            outbox.deadline = self._clock.monotonic() + LINGER_SECONDS
            self._finishing.add(outbox)

    def _fail_overdue(self) -> None:
        """Cut those off that neither read their last lines nor close, and wake the readers that wait for it."""
        now = self._clock.monotonic()
        for outbox in [late for late in self._finishing if (late.deadline or 0) < now]:
            self._finishing.discard(outbox)
            outbox.fail("The peer does not close")
            self._update(outbox)

    def _abort(self, outbox: Outbox) -> None:
        """Give a connection up: what is queued is dropped, and its reader is woken."""
        outbox.unsent = b""
        self._shutdown(outbox, socket.SHUT_RDWR)

    @staticmethod
    def _shutdown(outbox: Outbox, how: int) -> None:
        try:
            outbox.socket.shutdown(how)
        except OSError:
            return  # the peer was faster

    def _close(self, outbox: Outbox) -> None:
        self._watch(outbox, is_waiting=False)
        self._finishing.discard(outbox)
        self._unfinished.discard(outbox)
        self._outboxes.discard(outbox)
        self._closings += 1
        outbox.socket.close()
        outbox.is_closed = True
        self.evicted += outbox.fault is EVICTED
