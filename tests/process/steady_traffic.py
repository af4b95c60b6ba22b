"""Messages at a constant rate, and the time from sending each until it is delivered."""

import time
from collections.abc import Callable, Sequence
from threading import Event, Thread

from tests.process.server_process import Server

SENDERS = 10
_DELIVERED = "PRIVMSG #load :"


class SteadyTraffic:
    """Senders that take turns in a room, and an observer that receives what they say.

    A message is its number and the time at which it was due, so a sender that is late counts too.
    """

    def __init__(self, server: Server, rate: int) -> None:
        self._interval = 1 / rate
        self._observer = server.connect("observer")
        self._observer.send("JOIN #load", "MODE #load -n")
        self._observer.fence()
        self._senders = [server.connect(f"sender{number}") for number in range(SENDERS)]
        self.sent = 0

    def run(self, is_over: Callable[[], bool]) -> list[float]:
        """Send until the condition holds; return the seconds until each message was delivered."""
        first, stopped = self.sent, Event()
        sending = Thread(target=self._send, args=(stopped,))
        sending.start()
        seconds: dict[int, float] = {}
        try:
            while not is_over():
                seconds |= self._receive()
        finally:
            stopped.set()
            sending.join()
        while len(seconds) < self.sent - first:
            seconds |= self._receive()
        assert set(seconds) == set(range(first, self.sent))
        return list(seconds.values())

    def _send(self, stopped: Event) -> None:
        due = time.perf_counter()
        while not stopped.wait(max(0.0, due - time.perf_counter())):
            sender = self._senders[self.sent % SENDERS]
            sender.send(f"PRIVMSG #load :{self.sent} {due}")
            self.sent += 1
            due += self._interval

    def _receive(self) -> dict[int, float]:
        """Wait for the next message; return its number and the seconds that it took."""
        line = self._observer.hears(_DELIVERED)[-1]
        number, due = line.partition(_DELIVERED)[2].split()
        return {int(number): time.perf_counter() - float(due)}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]
