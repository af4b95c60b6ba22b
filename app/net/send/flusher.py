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
from app.engine.delivery.sink import Each, Receivers
from app.net.kernel.waker import Bell
from app.net.send.broadcast_group import Crowd, Shared
from app.net.send.flush_plan import Post, Round
from app.net.send.outbox import EVICTED, Outbox
from app.net.send.sender import Sender, best_sender
from app.threads import name_thread

# The socket is full, or the kernel is short of something; try again.
PASSING = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ENOBUFS, errno.ENOMEM, errno.EINTR)
FEW = 8  # outboxes that are no crowd yet
SENT_AT_ONCE = 16 * 1024 * 1024  # bytes; each of those who are sent them may have a copy of its own
LINGER_SECONDS = 2.0  # how long a finishing connection may take to read its last lines
MOST_TOLD = 1024 * 1024  # bytes posted for crowds, a few rounds: behind more the engine waits

logger = logging.getLogger(__name__)


def _nothing() -> None:
    """Nobody wants to know."""


class Flusher:
    """One sending thread and the outboxes entrusted to it."""

    def __init__(self, number: int, clock: Clock, with_ring: bool) -> None:
        self.evicted = 0  # connections given up because they did not read
        self.has_failed = False  # the thread ended because of a mistake in the program
        self._clock = clock
        self._with_ring = with_ring
        self._posts: deque[Post] = deque()
        self._selector = selectors.DefaultSelector()
        self._bell = Bell()
        self._selector.register(self._bell.heard, selectors.EVENT_READ)
        self._is_asleep = False
        self._is_stopping = False
        self._entrusted: set[Outbox] = set()
        self._unfinished: set[Outbox] = set()  # those with something left from before, or an end in sight
        self._finishing: set[Outbox] = set()
        self._closings = 0
        self._told = 0  # bytes posted for crowds, by the engine
        self._taken_up = 0  # and of those taken from the queue
        self._has_caught_up = Signal()
        self._on_failure: Callable[[], None] = _nothing
        self._thread = Thread(target=self._run, name=f"flusher-{number}", daemon=True)

    def start(self, on_failure: Callable[[], None] = _nothing) -> None:
        """Begin to send. `on_failure` is called if that cannot go on."""
        self._on_failure = on_failure
        self._thread.start()

    def entrust(self, outbox: Outbox) -> None:
        """Take an outbox over, up to the closing of its socket; from any thread."""
        self._entrusted.add(outbox)

    @property
    def held(self) -> int:
        """How many sockets are entrusted to this flusher and not closed yet."""
        return len(self._entrusted)

    @property
    def backlog(self) -> int:
        """How many bytes wait for all sockets entrusted to this flusher."""
        shared = [post for post in self._posts.copy() if isinstance(post, Shared)]
        told = sum(len(post.data) * len(post.crowd.outboxes) for post in shared)
        return told + sum(outbox.backlog for outbox in self._entrusted.copy())

    @property
    def post(self) -> Callable[[Post], None]:
        """What takes bytes for an outbox or a crowd, to be sent once awake; from any thread."""
        return self._posts.append

    def gather(self, outboxes: Sequence[Outbox]) -> Receivers:
        """Return outboxes entrusted to this flusher as one; but a few are served as fast each for itself."""
        return Each(outboxes) if len(outboxes) < FEW else Crowd(outboxes, self.tell)

    def tell(self, shared: Shared) -> None:
        """Take bytes for a crowd, to be sent once awake; for the engine."""
        self._told += len(shared.data)
        self._posts.append(shared)

    def wake(self) -> None:
        """Look at what was posted, soon; from any thread."""
        if self._is_asleep and self._posts:
            self._is_asleep = False
            self._bell.ring()

    @property
    def is_behind(self) -> bool:
        """Whether so much is posted for crowds that whoever posts should wait."""
        return self._told - self._taken_up > MOST_TOLD and not self.has_failed

    def let_catch_up(self) -> None:
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
        self._bell.ring()

    def join(self, patience: float) -> None:
        """Wait for the end, but at most so many seconds."""
        self._thread.join(patience)

    def _run(self) -> None:
        name_thread(self._thread.name)
        try:
            with closing(best_sender(self._with_ring)) as sender:
                while not self._is_stopping or self._entrusted:
                    self._go_round(sender)
        except Exception:
            self.has_failed = True
            logger.exception("A flusher failed. The server stops: nobody would hear anything more from it.")
            self._on_failure()
        finally:
            self._selector.close()
            self._bell.close()
            self._has_caught_up.set()

    def _go_round(self, sender: Sender) -> None:
        """Wait until there is something to do, and do all of it once."""
        self._is_asleep = True
        events = self._selector.select(0 if self._posts else self._patience())
        self._is_asleep = False
        self._send_each(sender, self._writable(events))
        posted = Round(self._posts, self._unfinished)
        self._send_round(sender, posted)
        self._taken_up += posted.size
        if not self._has_caught_up.is_set() and not self.is_behind:
            self._has_caught_up.set()
        self._give_up_lingering()

    def _patience(self) -> float | None:
        return 0.1 if self._finishing or self._is_stopping else None

    def _writable(self, events: Sequence[tuple[selectors.SelectorKey, int]]) -> Iterator[Outbox]:
        """Yield the outboxes whose sockets have become writable."""
        for key, _ in events:
            if key.data is None:
                self._bell.heard.recv(4096)
            else:
                yield key.data

    def _send_round(self, sender: Sender, posted: Round) -> None:
        """Send what was posted: to each what is theirs, and to the crowds what they are told."""
        self._send_each(sender, [one for one in posted.touched if one.is_ending or not one.is_registered])
        for crowd, pieces in posted.told.items():
            data = b"".join(pieces)
            for outbox, wrapped, sent in crowd.send(sender, data, posted.apart, self._closings):
                self._keep(outbox, wrapped, sent)
                self._after(outbox)

    def _send_each(self, sender: Sender, outboxes: Iterable[Outbox]) -> None:
        """Send everybody what is theirs, as much as the sockets accept now, with as few calls as the sender can."""
        waiting = iter(outboxes)
        while taken := self._taken(waiting):
            results = sender.send([(outbox.socket, data) for outbox, data in taken])
            for (outbox, data), sent in zip(taken, results, strict=True):
                if sent != len(data):
                    self._keep(outbox, data, sent)
                    self._after(outbox)
                elif outbox in self._unfinished or not outbox.is_clear:
                    self._watch(outbox, is_waiting=False)
                    outbox.nudge()  # more may have come meanwhile, also from its pipe; the end is behind all of it

    def _taken(self, outboxes: Iterator[Outbox]) -> list[tuple[Outbox, bytes]]:
        """Take what the next of them have to send, until that is as much as is sent at once."""
        taken: list[tuple[Outbox, bytes]] = []
        size = 0
        for outbox in outboxes:
            if data := outbox.take():
                taken.append((outbox, data))
                size += len(data)
                if size >= SENT_AT_ONCE:
                    break
            elif outbox in self._unfinished or not outbox.is_clear:
                self._after(outbox)
        return taken

    @staticmethod
    def _keep(outbox: Outbox, data: bytes, sent: int) -> None:
        """Keep what the socket did not accept, if it may accept it later; give the connection up otherwise."""
        if sent >= 0:
            outbox.unsent = data[sent:]
        elif -sent in PASSING:
            outbox.unsent = data
        else:
            outbox.give_up(os.strerror(-sent))

    def _after(self, outbox: Outbox) -> None:
        """Wait for writability, close, or forget about the outbox until it has something new."""
        if outbox.is_closed:
            return
        if outbox.fault is not None:
            self._cut(outbox)
        elif outbox.finishing:
            if outbox.is_empty:
                self._shut(outbox, socket.SHUT_WR)
            self._linger(outbox)
        is_done = outbox.finishing and outbox.is_empty
        if outbox.released and (is_done or outbox.fault is not None):
            self._close(outbox)
        else:
            self._watch(outbox, bool(outbox.unsent) and outbox.fault is None)

    def _watch(self, outbox: Outbox, is_waiting: bool) -> None:
        if is_waiting and not outbox.is_registered:
            is_waiting = self._await(outbox)
        elif outbox.is_registered and not is_waiting:
            self._selector.unregister(outbox.socket)
        outbox.is_registered = is_waiting
        if outbox.is_clear:
            self._unfinished.discard(outbox)
        else:
            self._unfinished.add(outbox)

    def _await(self, outbox: Outbox) -> bool:
        """Wait for the socket to become writable; where the system has no room for that, give the connection up."""
        try:
            self._selector.register(outbox.socket, selectors.EVENT_WRITE, outbox)
        except OSError as error:
            outbox.give_up(error.strerror or str(error))
            self._cut(outbox)
            return False
        return True

    def _linger(self, outbox: Outbox) -> None:
        if outbox.deadline is None:
            outbox.deadline = self._clock.monotonic() + LINGER_SECONDS
            self._finishing.add(outbox)

    def _give_up_lingering(self) -> None:
        """Cut those off that neither read their last lines nor close, and wake the readers that wait for it."""
        now = self._clock.monotonic()
        for outbox in [late for late in self._finishing if (late.deadline or 0) < now]:
            self._finishing.discard(outbox)
            outbox.give_up("The peer does not close")
            self._after(outbox)

    def _cut(self, outbox: Outbox) -> None:
        """Give a connection up: what is queued is dropped, and its reader is woken."""
        outbox.unsent = b""
        self._shut(outbox, socket.SHUT_RDWR)

    @staticmethod
    def _shut(outbox: Outbox, how: int) -> None:
        try:
            outbox.socket.shutdown(how)
        except OSError:
            return  # the peer was faster

    def _close(self, outbox: Outbox) -> None:
        self._watch(outbox, is_waiting=False)
        self._finishing.discard(outbox)
        self._unfinished.discard(outbox)
        self._entrusted.discard(outbox)
        self._closings += 1
        outbox.socket.close()
        outbox.is_closed = True
        self.evicted += outbox.fault is EVICTED
