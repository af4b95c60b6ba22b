"""A worker process: holds a share of the connections and executes the commands of a scenario."""

import contextlib
import math
import resource
import selectors
import time
from collections import Counter
from collections.abc import Callable
from multiprocessing.connection import Connection

from scripts.benchmarks.connection import BenchmarkConnection
from scripts.benchmarks.counters import SharedCount, SharedCounters
from scripts.benchmarks.plans import ConnectionPlan, TrafficPlan, TrafficResult

POLL_SECONDS = 0.001  # wait for bytes before checking the clock and the other workers
CAPABILITIES = (
    "",
    "server-time message-tags account-tag echo-message",
    "server-time message-tags account-tag echo-message batch labeled-response",
)


class LoadWorker:
    """The connections of one worker process, and the commands that act on them."""

    def __init__(self, number: int, workers: int, counters: SharedCounters) -> None:
        self._number = number
        self._workers = workers
        self._counters = counters
        self._selector = selectors.DefaultSelector()
        self._connections: list[BenchmarkConnection] = []

    def _count(self, what: SharedCount, amount: int = 1) -> None:
        self._counters.add(self._number, what, amount)

    def connect_all(self, plan: ConnectionPlan, prefix: str, timeout: float) -> Counter[str]:
        """Connect this worker's users and wait, at most `timeout` seconds, until all are ready.

        Return the reasons for refusals, with their counts.
        """
        waiting = list(range(plan.people))[self._number :: self._workers][::-1]
        goal = "joined" if plan.rooms else "registered"
        at_once = max(plan.at_once // self._workers, 1)
        pending: set[BenchmarkConnection] = set()
        end = time.monotonic() + timeout
        while (waiting or pending) and time.monotonic() < end:
            while waiting and len(pending) < at_once:
                pending.add(self._connect(plan, prefix, waiting.pop()))
            self._poll(lambda connection, lines: connection.advance(lines))
            arrived = {
                connection for connection in pending if connection.stage == goal or not connection.is_open
            }
            pending -= arrived
            self._count(SharedCount.READY, sum(connection.is_open for connection in arrived))
            self._count(SharedCount.LOST, sum(not connection.is_open for connection in arrived))
        return Counter(connection.refusal for connection in self._connections if connection.refusal)

    def _connect(self, plan: ConnectionPlan, prefix: str, number: int) -> BenchmarkConnection:
        room = f"#{prefix}{number % plan.rooms}" if plan.rooms else ""
        capabilities = CAPABILITIES[number % len(CAPABILITIES)] if plan.mixed else ""
        never_reads = number >= plan.people - plan.non_readers
        connection = BenchmarkConnection(number, f"{prefix}{number}", room, capabilities, never_reads)
        connection.connect(plan.address_of(number), self._selector)
        self._connections.append(connection)
        return connection

    def _poll(
        self, handle: Callable[[BenchmarkConnection, bytes], None], timeout: float = POLL_SECONDS
    ) -> None:
        """Send and receive on the connections that are ready."""
        for key, events in self._selector.select(timeout):
            connection: BenchmarkConnection = key.data
            if events & selectors.EVENT_WRITE:
                connection.flush()
            if events & selectors.EVENT_READ and (lines := connection.receive()):
                handle(connection, lines)

    def drain(self, seconds: float) -> None:
        """Receive what is still in flight, so that only later traffic is measured."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._poll(lambda connection, lines: connection.answer_pings(lines))
        for connection in self._connections:
            if connection.never_reads:
                connection.stop_reading()

    def run_traffic(self, traffic: TrafficPlan) -> TrafficResult:
        """Send this worker's share of the messages and count deliveries."""
        senders = [connection for connection in self._connections if connection.number < traffic.senders]
        begin, cpu_before = time.monotonic(), _cpu_seconds()
        pacer = MessagePacer(traffic, senders, self._number, self._workers, self._counters)
        last = begin
        while not self._is_over(traffic, begin, last):
            if time.monotonic() - begin < traffic.seconds:
                self._count(SharedCount.EXPECTED, pacer.send(time.monotonic() - begin))
            elif not pacer.is_finished:
                pacer.is_finished = True
                self._count(SharedCount.DONE)
            before = self._counters.total(SharedCount.RECEIVED)
            self._poll(lambda connection, lines: self._count_lines(connection, lines, bool(traffic.rate)))
            last = time.monotonic() if self._counters.total(SharedCount.RECEIVED) > before else last
        cpu_share = (_cpu_seconds() - cpu_before) / max(time.monotonic() - begin, 0.001)
        return self._result(traffic, pacer, last - begin, cpu_share)

    def _result(
        self, traffic: TrafficPlan, pacer: "MessagePacer", seconds: float, cpu_share: float
    ) -> TrafficResult:
        receivers = [
            connection
            for connection in self._connections
            if connection.number >= traffic.senders and not connection.never_reads
        ]
        return TrafficResult(
            sent=pacer.sent,
            expected=pacer.expected,
            deliveries=sum(connection.deliveries for connection in self._connections),
            seconds=seconds,
            cpu_share=cpu_share,
            checksums=frozenset(
                (each.stream, each.deliveries, each.checksum) for each in receivers if each.is_open
            ),
            latencies=[latency for connection in self._connections for latency in connection.latencies],
        )

    def _count_lines(self, connection: BenchmarkConnection, lines: bytes, every: bool) -> None:
        self._count(SharedCount.RECEIVED, connection.count(lines, time.time_ns(), every))

    def _is_over(self, traffic: TrafficPlan, begin: float, last: float) -> bool:
        """Return whether all deliveries have arrived, or none has within the traffic's timeout."""
        if self._counters.total(SharedCount.DONE) < self._workers:
            return False
        is_complete = self._counters.total(SharedCount.RECEIVED) >= self._counters.total(SharedCount.EXPECTED)
        return is_complete or time.monotonic() - max(last, begin + traffic.seconds) > traffic.timeout

    def count_lost(self) -> int:
        """Return the number of disconnected users, except those that never read."""
        return sum(not connection.is_open and not connection.never_reads for connection in self._connections)

    def disconnect_all(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()


class MessagePacer:
    """Decides how many messages are due and sends them."""

    def __init__(
        self,
        traffic: TrafficPlan,
        senders: list[BenchmarkConnection],
        number: int,
        workers: int,
        counters: SharedCounters,
    ) -> None:
        self.sent = 0
        self.expected = 0
        self.is_finished = not senders
        self._traffic = traffic
        self._senders = senders
        self._counters = counters
        self._turn = 0
        self._filler = "x" * max(traffic.size - 18, 0)
        if not senders:
            counters.add(number, SharedCount.DONE)

    def send(self, elapsed: float) -> int:
        """Send the messages due after `elapsed` seconds; return the expected deliveries."""
        expected = 0
        due = self._count_due(elapsed)
        for _ in range(due):
            sender = self._senders[self._turn % len(self._senders)]
            self._turn += 1
            stamp = f"{time.time_ns():016x}"
            sender.send(f"PRIVMSG {sender.room} :~{stamp} {self._filler}\r\n".encode())
            expected += self._traffic.recipients + sender.echoes
        self.sent += due
        self.expected += expected
        return expected

    def _count_due(self, elapsed: float) -> int:
        if self._traffic.rate:
            return self._by_rate(elapsed)
        return self._by_burst() if self._traffic.in_bursts else self._by_window()

    def _by_rate(self, elapsed: float) -> int:
        """Return how many messages are due now; the first are due at once."""
        share = self._traffic.rate * len(self._senders) / self._traffic.senders
        return max(math.ceil(elapsed * share) - self.sent, 0)

    def _by_burst(self) -> int:
        """Return this worker's share of a burst if all previous bursts have arrived everywhere."""
        share = self._traffic.window * len(self._senders)
        bursts = self.sent // share if share else 0
        burst = self._traffic.window * self._traffic.senders * self._traffic.recipients
        return share if self._counters.total(SharedCount.RECEIVED) >= bursts * burst else 0

    def _by_window(self) -> int:
        """Return this worker's share of the messages that the window allows."""
        expected = self._counters.total(SharedCount.EXPECTED)
        received = self._counters.total(SharedCount.RECEIVED)
        pending = (expected - received) / max(self._traffic.recipients, 1)
        allowed = self._traffic.window * self._traffic.senders - pending
        return max(int(allowed * len(self._senders) / self._traffic.senders), 0)


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def run_worker(number: int, workers: int, counters: SharedCounters, commands: Connection) -> None:
    """Execute commands, each a method name and its arguments, until the connection closes."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    worker = LoadWorker(number, workers, counters)
    with contextlib.suppress(EOFError, KeyboardInterrupt):
        while True:
            method, arguments = commands.recv()
            commands.send(getattr(worker, method)(*arguments))
    worker.disconnect_all()
