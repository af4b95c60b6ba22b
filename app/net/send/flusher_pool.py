"""The flusher threads as one object, for the server, the engine and the metrics.

A connection is assigned once, to the flusher with the fewest connections, and stays with it until
its socket is closed. So adding flushers spreads connections, and the bytes of one connection never
pass through two threads.
"""

from collections.abc import Callable

from app.clock import Clock
from app.net.send.flusher import Flusher


class FlusherPool:
    """A fixed number of flushers. It implements `FlushScheduler` for the engine."""

    def __init__(self, size: int, clock: Clock, use_io_uring: bool) -> None:
        self._flushers = [Flusher(number, clock, use_io_uring) for number in range(size)]

    def start(self, on_failure: Callable[[], None]) -> None:
        """Start the threads. A thread that fails calls `on_failure`."""
        for flusher in self._flushers:
            flusher.start(on_failure)

    def choose(self) -> Flusher:
        """Return the flusher with the fewest connections."""
        return min(self._flushers, key=lambda flusher: flusher.connection_count)

    def wake(self) -> None:
        """Start sending the posted bytes, then block until no flusher exceeds its backlog limit.

        All flushers are woken before the first wait, so they catch up in parallel.
        """
        for flusher in self._flushers:
            flusher.wake()
        for flusher in self._flushers:
            flusher.wait_until_caught_up()

    def finish(self) -> None:
        """Tell every flusher to send all queued bytes, close its sockets and exit."""
        for flusher in self._flushers:
            flusher.finish()

    def join(self, timeout: float) -> None:
        """Wait for the threads to exit, at most `timeout` seconds for each."""
        for flusher in self._flushers:
            flusher.join(timeout)

    @property
    def has_failed(self) -> bool:
        """Whether an unexpected exception ended a flusher thread."""
        return any(flusher.has_failed for flusher in self._flushers)

    @property
    def connection_count(self) -> int:
        """The number of sockets that are not closed yet."""
        return sum(flusher.connection_count for flusher in self._flushers)

    @property
    def backlog(self) -> int:
        """The number of bytes waiting to be sent."""
        return sum(flusher.backlog for flusher in self._flushers)

    @property
    def evicted(self) -> int:
        """The number of connections closed because their send queue overflowed."""
        return sum(flusher.evicted for flusher in self._flushers)
