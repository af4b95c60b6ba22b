"""Time in a simulation: one monotonic time for all, and a wall clock for each node."""

import random

from app.clock import ID_RANDOM_BITS, Clock

START = 1_795_000_000_000  # instant


class SimulatedTime:
    """The time of the simulation in milliseconds, and the clock of the database."""

    def __init__(self) -> None:
        self.elapsed = 0
        self.database_skew = 0
        self.random = random.Random(0)

    @property
    def now(self) -> int:
        """The current instant."""
        return START + self.elapsed

    @property
    def database_now(self) -> int:
        """The instant as the database sees it."""
        return self.now + self.database_skew


class SkewedClock(Clock):
    """The clock of one node, which may be some milliseconds ahead or behind."""

    def __init__(self, time: SimulatedTime, skew: int) -> None:
        self._time = time
        self.skew = skew
        self._last_id = 0

    def now(self) -> int:
        """Return the instant as this node sees it."""
        return self._time.now + self.skew

    def monotonic(self) -> float:
        """Return the time since the start of the simulation in seconds."""
        return 1_000 + self._time.elapsed / 1000

    def boottime(self) -> float:
        """Return the same time: machines of the simulation are not suspended."""
        return self.monotonic()

    def new_id(self) -> int:
        """Return an id that depends on this node's time, and on nothing outside the simulation."""
        made = (self.now() << ID_RANDOM_BITS) | self._time.random.getrandbits(ID_RANDOM_BITS)
        self._last_id = max(self._last_id + 1, made)
        return self._last_id

    def new_token(self) -> str:
        """Return a token."""
        return self._time.random.randbytes(6).hex()

    def random_bytes(self, size: int) -> bytes:
        """Return bytes."""
        return self._time.random.randbytes(size)
