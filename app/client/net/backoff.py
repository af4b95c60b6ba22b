"""When to try again, and when to give up on a silent server."""

from app.clock import Clock

MIN_WAIT_SECONDS = 1.0  # seconds before the first attempt to connect again
MAX_WAIT_SECONDS = 60.0  # seconds; waiting doubles up to here
CHANCE_BITS = 48  # Clock.token has so many
PING_AFTER_SECONDS = 60.0  # seconds without a word before the server is asked whether it is there
PONG_TIMEOUT_SECONDS = 30.0  # seconds it may take to answer


class Backoff:
    """How long to wait before connecting again: doubling, and never the same for everybody at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._next = MIN_WAIT_SECONDS

    def wait(self) -> float:
        """Return the seconds to wait now, between half and all of what doubling says."""
        whole, self._next = self._next, min(MAX_WAIT_SECONDS, self._next * 2)
        return whole * (0.5 + self._chance() / 2)

    def reset(self) -> None:
        """Begin anew after a connection that worked."""
        self._next = MIN_WAIT_SECONDS

    def _chance(self) -> float:
        """Return a random number from 0 to 1."""
        return int(self._clock.token(), 16) / (1 << CHANCE_BITS)


class Keepalive:
    """Notices a server that is silent for too long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heard = clock.monotonic()
        self._asked = False

    def heard(self) -> None:
        """The server said something."""
        self._heard = self._clock.monotonic()
        self._asked = False

    def must_ask(self) -> bool:
        """Whether to ask now if the server is there; True once for each silence."""
        if self._asked or self._clock.monotonic() - self._heard < PING_AFTER_SECONDS:
            return False
        self._asked = True
        return True

    def is_dead(self) -> bool:
        """Whether the server did not answer."""
        return (
            self._asked and self._clock.monotonic() - self._heard >= PING_AFTER_SECONDS + PONG_TIMEOUT_SECONDS
        )
