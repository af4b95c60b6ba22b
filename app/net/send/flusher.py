"""Flushers: threads that send queued bytes and close sockets.

A flusher sleeps in its selector. Bytes are posted to it, for one outbox or for a broadcast group,
and it is woken once for many posts. One send takes everything queued for a connection, and with
io_uring, one system call performs the sends of all connections. What a socket does not accept waits
until the socket is writable.

Only the flusher closes sockets: if a file descriptor were closed while registered with the
selector, it could soon belong to another connection. For the same reason, broadcast groups look up
their file descriptors again after a socket was closed.
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
from app.engine.delivery.sink import EVICTED, IndividualSinks, SinkGroup
from app.net.kernel.waker import Waker
from app.net.send.broadcast_group import BroadcastGroup, GroupSend
from app.net.send.flush_plan import FlushPlan, Post
from app.net.send.outbox import Outbox
from app.net.send.sender import Sender, best_sender
from app.threads import name_thread

# The socket buffer is full, or the kernel is out of memory; try again.
TRANSIENT_ERRORS = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.ENOMEM, errno.EINTR)
MIN_GROUP_SIZE = 8  # outboxes; smaller groups are served individually
MAX_SEND_BATCH_BYTES = 16 * 1024 * 1024  # each socket buffer may hold a copy
LINGER_SECONDS = 2.0  # time for the peer to read its last lines and close
MAX_GROUP_BACKLOG_BYTES = 1024 * 1024  # posted for groups; above it the engine waits

logger = logging.getLogger(__name__)


def _do_nothing() -> None:
    """Default for `on_failure`."""


class Flusher:
    """One sending thread and its outboxes."""

    def __init__(self, number: int, clock: Clock, use_io_uring: bool) -> None:
        self.evicted = 0  # connections closed because their send queue overflowed
        self.has_failed = False  # an unexpected exception ended the thread
        self._clock = clock
        self._use_io_uring = use_io_uring
        self._posts: deque[Post] = deque()
        self._selector = selectors.DefaultSelector()
        self._waker = Waker()
        self._selector.register(self._waker.receiving_end, selectors.EVENT_READ)
        self._is_asleep = False
        self._is_stopping = False
        self._outboxes: set[Outbox] = set()
        self._unfinished: set[Outbox] = set()  # with unsent data, or finishing
        self._finishing: set[Outbox] = set()
        self._closings = 0
        self._group_bytes_posted = 0  # counted by the engine
        self._group_bytes_taken = 0  # counted by the flusher
        self._has_caught_up = Signal()
        self._on_failure: Callable[[], None] = _do_nothing
        self._thread = Thread(target=self._run, name=f"flusher-{number}", daemon=True)

    def start(self, on_failure: Callable[[], None] = _do_nothing) -> None:
        """Start the thread. `on_failure` is called if it fails."""
        self._on_failure = on_failure
        self._thread.start()

    def adopt(self, outbox: Outbox) -> None:
        """Take ownership of an outbox and its socket; thread-safe."""
        self._outboxes.add(outbox)

    @property
    def connection_count(self) -> int:
        """The number of sockets that are not closed yet."""
        return len(self._outboxes)

    @property
    def backlog(self) -> int:
        """The number of bytes waiting to be sent."""
        group_sends = [post for post in self._posts.copy() if isinstance(post, GroupSend)]
        group_bytes = sum(len(post.data) * len(post.group.outboxes) for post in group_sends)
        return group_bytes + sum(outbox.backlog for outbox in self._outboxes.copy())

    @property
    def post(self) -> Callable[[Post], None]:
        """A thread-safe function that queues bytes for an outbox or group until a wake-up."""
        return self._posts.append

    def group(self, outboxes: Sequence[Outbox]) -> SinkGroup:
        """Return a group of outboxes; small groups are served individually."""
        return (
            IndividualSinks(outboxes)
            if len(outboxes) < MIN_GROUP_SIZE
            else BroadcastGroup(outboxes, self.post_to_group)
        )

    def post_to_group(self, send: GroupSend) -> None:
        """Queue bytes for a group until the next wake-up. Only the engine calls it."""
        self._group_bytes_posted += len(send.data)
        self._posts.append(send)

    def wake(self) -> None:
        """Start sending what was posted; thread-safe."""
        if self._is_asleep and self._posts:
            self._is_asleep = False
            self._waker.wake()

    @property
    def is_behind(self) -> bool:
        """Whether the group backlog exceeds its limit, so that the engine must wait."""
        return (
            self._group_bytes_posted - self._group_bytes_taken > MAX_GROUP_BACKLOG_BYTES
            and not self.has_failed
        )

    def wait_until_caught_up(self) -> None:
        """Block the engine while the flusher is behind, to bound the memory of unsent bytes.

        A flusher never waits for a single socket, so this takes no longer than sending the backlog.
        """
        while self.is_behind:
            self._has_caught_up.clear()
            if self.is_behind:
                self._has_caught_up.wait()

    def finish(self) -> None:
        """Tell the thread to send all queued bytes, close every socket and exit."""
        self._is_stopping = True
        self._waker.wake()

    def join(self, timeout: float) -> None:
        """Wait for the thread to exit, at most `timeout` seconds."""
        self._thread.join(timeout)

    def _run(self) -> None:
        name_thread(self._thread.name)
        try:
            with closing(best_sender(self._use_io_uring)) as sender:
                while not self._is_stopping or self._outboxes:
                    self._run_once(sender)
        except Exception:
            self.has_failed = True
            logger.exception("A flusher failed; shutting down")
            self._on_failure()
        finally:
            self._selector.close()
            self._waker.close()
            self._has_caught_up.set()

    def _run_once(self, sender: Sender) -> None:
        """Wait for posts or writable sockets, and process them once."""
        self._is_asleep = True
        events = self._selector.select(0 if self._posts else self._select_timeout())
        self._is_asleep = False
        self._send_individually(sender, self._writable(events))
        plan = FlushPlan(self._posts, self._unfinished)
        self._execute(sender, plan)
        self._group_bytes_taken += plan.size
        if not self._has_caught_up.is_set() and not self.is_behind:
            self._has_caught_up.set()
        if self._finishing:
            self._fail_lingering()

    def _select_timeout(self) -> float | None:
        return 0.1 if self._finishing or self._is_stopping else None

    def _writable(self, events: Sequence[tuple[selectors.SelectorKey, int]]) -> Iterator[Outbox]:
        """Yield the outboxes whose sockets are writable."""
        for key, _ in events:
            if key.data is None:
                self._waker.receiving_end.recv(4096)
            else:
                yield key.data

    def _execute(self, sender: Sender, plan: FlushPlan) -> None:
        """Send what was posted: individual data first, then the broadcasts to groups."""
        self._send_individually(
            sender, [outbox for outbox in plan.touched if outbox.is_ending or not outbox.is_registered]
        )
        for group, chunks in plan.group_posts.items():
            data = b"".join(chunks)
            for outbox, wrapped, sent in group.send(sender, data, plan.excluded, self._closings):
                self._keep_unsent(outbox, wrapped, sent)
                self._update(outbox)

    def _send_individually(self, sender: Sender, outboxes: Iterable[Outbox]) -> None:
        """Send each outbox's queued data, as far as its socket accepts it now."""
        waiting = iter(outboxes)
        while batch := self._take_batch(waiting):
            results = sender.send([(outbox.socket, data) for outbox, data in batch])
            for (outbox, data), sent in zip(batch, results, strict=True):
                if sent != len(data):
                    self._keep_unsent(outbox, data, sent)
                    self._update(outbox)
                elif outbox in self._unfinished or not outbox.is_clear:
                    self._watch(outbox, is_waiting=False)
                    outbox.request_flush()  # more data, also control bytes of the transport, may have been queued

    def _take_batch(self, outboxes: Iterator[Outbox]) -> list[tuple[Outbox, bytes]]:
        """Take the data of the next outboxes, up to the size of one batch."""
        batch: list[tuple[Outbox, bytes]] = []
        size = 0
        for outbox in outboxes:
            if data := outbox.take():
                batch.append((outbox, data))
                size += len(data)
                if size >= MAX_SEND_BATCH_BYTES:
                    break
            elif outbox in self._unfinished or not outbox.is_clear:
                self._update(outbox)
        return batch

    @staticmethod
    def _keep_unsent(outbox: Outbox, data: bytes, sent: int) -> None:
        """Keep what the socket did not accept; after a permanent error, fail the connection."""
        if sent >= 0:
            outbox.unsent = data[sent:]
        elif -sent in TRANSIENT_ERRORS:
            outbox.unsent = data
        else:
            outbox.fail(os.strerror(-sent))

    def _update(self, outbox: Outbox) -> None:
        """Watch the socket for writability, close it, or ignore it until the next post."""
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
        """Register the socket with the selector; if the kernel refuses, fail the connection."""
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

    def _fail_lingering(self) -> None:
        """Fail connections whose peer did not close in time; the shutdown wakes their readers."""
        now = self._clock.monotonic()
        for outbox in [outbox for outbox in self._finishing if (outbox.deadline or 0) < now]:
            self._finishing.discard(outbox)
            outbox.fail("The peer did not close the connection")
            self._update(outbox)

    def _abort(self, outbox: Outbox) -> None:
        """Drop queued data and shut the socket down, which wakes its reader."""
        outbox.unsent = b""
        self._shutdown(outbox, socket.SHUT_RDWR)

    @staticmethod
    def _shutdown(outbox: Outbox, how: int) -> None:
        try:
            outbox.socket.shutdown(how)
        except OSError:
            return  # the peer has already disconnected

    def _close(self, outbox: Outbox) -> None:
        self._watch(outbox, is_waiting=False)
        self._finishing.discard(outbox)
        self._unfinished.discard(outbox)
        self._outboxes.discard(outbox)
        self._closings += 1
        outbox.socket.close()
        outbox.is_closed = True
        self.evicted += outbox.fault is EVICTED
