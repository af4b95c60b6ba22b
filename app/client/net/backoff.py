"""Reconnection backoff, and the keepalive that detects an unresponsive server."""

from app.clock import Clock

MIN_WAIT_SECONDS = 1.0
MAX_WAIT_SECONDS = 60.0
TOKEN_BITS = 48  # random bits in the result of `Clock.token`
PING_AFTER_SECONDS = 60.0  # of silence
PONG_TIMEOUT_SECONDS = 30.0


class Backoff:
    """Exponential backoff with jitter."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next = MIN_WAIT_SECONDS

    def next_wait(self) -> float:
        """Return the seconds to wait before the next attempt, and double the interval.

        The wait is a random time between half the interval and the whole interval.
        """
        interval, self._next = self._next, min(MAX_WAIT_SECONDS, self._next * 2)
        return interval * (0.5 + self._random() / 2)

    def reset(self) -> None:
        """Reset the interval after a successful connection."""
        self._next = MIN_WAIT_SECONDS

    def _random(self) -> float:
        """Return a random number in [0, 1)."""
        return int(self._clock.new_token(), 16) / (1 << TOKEN_BITS)


class Keepalive:
    """Detects a server that does not respond."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_activity = clock.monotonic()
        self._has_pinged = False

    def on_activity(self) -> None:
        """Restart the timer after a sign of life from the server."""
        self._last_activity = self._clock.monotonic()
        self._has_pinged = False

    def must_ping(self) -> bool:
        """Return whether to send a PING now; True at most once per period of silence."""
        if self._has_pinged or self._silence() < PING_AFTER_SECONDS:
            return False
        self._has_pinged = True
        return True

    def has_timed_out(self) -> bool:
        """Return whether the PING timed out."""
        return self._has_pinged and self._silence() >= PING_AFTER_SECONDS + PONG_TIMEOUT_SECONDS

    def _silence(self) -> float:
        return self._clock.monotonic() - self._last_activity
