"""The flood limit of one connection: a token bucket."""

from app.clock import Clock


class TokenBucket:
    """Holds at most `burst` tokens and gains `rate` tokens a second. A rate of 0 means no limit."""

    __slots__ = ("_burst", "_clock", "_rate", "_tokens", "_updated")

    def __init__(self, burst: int, rate: int, clock: Clock) -> None:
        self._burst = burst
        self._rate = rate
        self._clock = clock
        self._tokens = float(burst)
        self._updated = clock.monotonic()

    def configure(self, burst: int, rate: int) -> None:
        """Change the limits; the current tokens are kept."""
        self._burst, self._rate = burst, rate

    def take(self, cost: int) -> float:
        """Take tokens, and return the seconds until the balance is no longer negative.

        A negative cost is a refund.
        """
        if self._rate == 0:
            return 0.0
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._updated) * self._rate) - cost
        self._updated = now
        return max(0.0, -self._tokens / self._rate)

    def try_take(self, cost: int) -> bool:
        """Take tokens if there are enough; otherwise take none."""
        if self.take(cost) == 0:
            return True
        self._tokens += cost
        return False
