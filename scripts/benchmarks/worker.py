"""A worker process: holds a share of the connections and executes a scenario's commands."""

import contextlib
import math
import resource
import selectors
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection

from scripts.benchmarks.board import Board, Count
from scripts.benchmarks.peer import BenchmarkConnection
from scripts.benchmarks.plan import Crowd, Heard, Talk

POLL_SECONDS = 0.001  # wait for bytes before checking the clock and the other workers
CAPABILITIES = (
    "",
    "server-time message-tags account-tag echo-message",
    "server-time message-tags account-tag echo-message batch labeled-response",
)


class Worker:
    """One of several processes that share the users of a scenario."""

    def __init__(self, number: int, workers: int, board: Board) -> None:
        self._number = number
        self._workers = workers
        self._board = board
        self._selector = selectors.DefaultSelector()
        self._peers: list[BenchmarkConnection] = []

    def _count(self, what: Count, amount: int = 1) -> None:
        self._board.add(self._number, what, amount)

    def gather(self, crowd: Crowd, prefix: str, timeout: float) -> Counter[str]:
        """Connect this worker's share of the users and wait until all have registered or joined.

        Return the reasons for refusals, with their counts.
        """
        waiting = list(range(crowd.people))[self._number :: self._workers][::-1]
        goal = "joined" if crowd.rooms else "registered"
        at_once = max(crowd.at_once // self._workers, 1)
        pending: set[BenchmarkConnection] = set()
        end = time.monotonic() + timeout
        while (waiting or pending) and time.monotonic() < end:
            while waiting and len(pending) < at_once:
                pending.add(self._connect(crowd, prefix, waiting.pop()))
            self._listen(lambda peer, lines: peer.advance(lines))
            arrived = {peer for peer in pending if peer.stage == goal or not peer.is_open}
            pending -= arrived
            self._count(Count.READY, sum(peer.is_open for peer in arrived))
            self._count(Count.LOST, sum(not peer.is_open for peer in arrived))
        return Counter(peer.refusal for peer in self._peers if peer.refusal)

    def _connect(self, crowd: Crowd, prefix: str, number: int) -> BenchmarkConnection:
        room = f"#{prefix}{number % crowd.rooms}" if crowd.rooms else ""
        capabilities = CAPABILITIES[number % len(CAPABILITIES)] if crowd.mixed else ""
        is_mute = number >= crowd.people - crowd.mute
        peer = BenchmarkConnection(number, f"{prefix}{number}", room, capabilities, is_mute)
        peer.dial(crowd.address, self._selector)
        self._peers.append(peer)
        return peer

    def _listen(
        self, handle: Callable[[BenchmarkConnection, bytes], None], timeout: float = POLL_SECONDS
    ) -> None:
        """Receive and send whatever is ready on any connection."""
        for key, events in self._selector.select(timeout):
            peer: BenchmarkConnection = key.data
            if events & selectors.EVENT_WRITE:
                peer.flush()
            if events & selectors.EVENT_READ and (lines := peer.receive()):
                handle(peer, lines)

    def settle(self, seconds: float) -> None:
        """Receive what is still in flight, so that only later traffic is measured."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._listen(lambda peer, lines: peer.answer_pings(lines))
        for peer in self._peers:
            if peer.is_mute:
                peer.stop_reading()

    def talk(self, talk: Talk) -> Heard:
        """Send this worker's share of the messages and count deliveries."""
        speakers = [peer for peer in self._peers if peer.number < talk.senders]
        begin, busy = time.monotonic(), _cpu_seconds()
        pace = Pace(talk, speakers, self._number, self._workers, self._board)
        last = begin
        while not self._is_over(talk, begin, last):
            if time.monotonic() - begin < talk.seconds:
                self._count(Count.EXPECTED, pace.send(time.monotonic() - begin))
            elif not pace.is_over:
                pace.is_over = True
                self._count(Count.DONE)
            before = self._board.total(Count.RECEIVED)
            self._listen(lambda peer, lines: self._count_lines(peer, lines, bool(talk.rate)))
            last = time.monotonic() if self._board.total(Count.RECEIVED) > before else last
        share = (_cpu_seconds() - busy) / max(time.monotonic() - begin, 0.001)
        return self._heard(talk, pace, last - begin, share)

    def _heard(self, talk: Talk, pace: "Pace", seconds: float, busy: float) -> Heard:
        listeners = [peer for peer in self._peers if peer.number >= talk.senders and not peer.is_mute]
        return Heard(
            sent=pace.sent,
            expected=pace.expected,
            deliveries=sum(peer.deliveries for peer in self._peers),
            seconds=seconds,
            busy=busy,
            orders=frozenset((one.hears, one.deliveries, one.order) for one in listeners if one.is_open),
            waits=[wait for peer in self._peers for wait in peer.waits],
        )

    def _count_lines(self, peer: BenchmarkConnection, lines: bytes, every: bool) -> None:
        self._count(Count.RECEIVED, peer.count(lines, time.time_ns(), every))

    def _is_over(self, talk: Talk, begin: float, last: float) -> bool:
        """Whether everything sent has arrived, or nothing arrives any more."""
        if self._board.total(Count.DONE) < self._workers:
            return False
        is_complete = self._board.total(Count.RECEIVED) >= self._board.total(Count.EXPECTED)
        return is_complete or time.monotonic() - max(last, begin + talk.seconds) > talk.timeout

    def lost(self) -> int:
        """Return how many reading users have been disconnected."""
        return sum(not peer.is_open and not peer.is_mute for peer in self._peers)

    def leave(self) -> None:
        for peer in self._peers:
            peer.close()
        self._peers.clear()


class Pace:
    """Decides how many messages are due and sends them."""

    def __init__(
        self, talk: Talk, speakers: list[BenchmarkConnection], number: int, workers: int, board: Board
    ) -> None:
        self.sent = 0
        self.expected = 0
        self.is_over = not speakers
        self._talk = talk
        self._speakers = speakers
        self._board = board
        self._turn = 0
        self._filler = "x" * max(talk.size - 18, 0)
        if not speakers:
            board.add(number, Count.DONE)

    def send(self, elapsed: float) -> int:
        """Send the messages due after `elapsed` seconds; return the number of expected deliveries."""
        expected = 0
        due = self._by_rate(elapsed) if self._talk.rate else self._by_window()
        for _ in range(due):
            speaker = self._speakers[self._turn % len(self._speakers)]
            self._turn += 1
            mark = f"{time.time_ns():016x}"
            speaker.send(f"PRIVMSG {speaker.room} :~{mark} {self._filler}\r\n".encode())
            expected += self._talk.hearers + speaker.echoes
        self.sent += due
        self.expected += expected
        return expected

    def _by_rate(self, elapsed: float) -> int:
        """Return how many messages are due now; the first are due at once."""
        share = self._talk.rate * len(self._speakers) / self._talk.senders
        return max(math.ceil(elapsed * share) - self.sent, 0)

    def _by_window(self) -> int:
        """Return this worker's share of what the window allows."""
        expected, received = self._board.total(Count.EXPECTED), self._board.total(Count.RECEIVED)
        pending = (expected - received) / max(self._talk.hearers, 1)
        allowed = self._talk.window * self._talk.senders - pending
        return max(int(allowed * len(self._speakers) / self._talk.senders), 0)


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def work(number: int, workers: int, board: Board, orders: Connection) -> None:
    """Execute commands, each a method name and its arguments, until the connection closes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    worker = Worker(number, workers, board)
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            method, arguments = orders.recv()
            orders.send(getattr(worker, method)(*arguments))
    worker.leave()
