"""The rate limit of one connection: a bucket of tokens that fills at a steady rate."""

from app.clock import Clock


class TokenBucket:
    """Holds at most `burst` tokens and gains `rate` a second. A rate of 0 means no limit."""

    __slots__ = ("_burst", "_clock", "_filled", "_rate", "_tokens")

    def __init__(self, burst: int, rate: int, clock: Clock) -> None:
        self._burst = burst
        self._rate = rate
        self._clock = clock
        self._tokens = float(burst)
        self._filled = clock.monotonic()

    def refresh_limits(self, burst: int, rate: int) -> None:
        """Hold so many tokens, and gain so many, from now on."""
        self._burst, self._rate = burst, rate

    def take(self, cost: int) -> float:
        """Take tokens, and return how many seconds to wait until they are really there."""
        if self._rate == 0:
            return 0.0
        now = self._clock.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate) - cost
        self._filled = now
        return max(0.0, -self._tokens / self._rate)

    def try_take(self, cost: int) -> bool:
        """Take tokens if they are all there by now; nothing otherwise."""
        if self.take(cost) == 0:
            return True
        self._tokens += cost
        return False
