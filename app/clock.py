"""Time and randomness in one place, so that tests can replace both.

An *instant* is always an integer: milliseconds since the Unix epoch, UTC. It is converted to text
only for output.
"""

import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from threading import Lock

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ID_RANDOM_BITS = 20  # of an id, whose other bits are the instant at which it was made

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)  # Linux; on macOS, that one does not stop

_identity_lock = Lock()


class Clock:
    """The system's time and randomness."""

    _last_identity = 0

    def now(self) -> int:
        """Return the current instant in milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return a monotonic time in seconds; only differences are meaningful."""
        return time.monotonic()

    def boottime(self) -> float:
        """Return a monotonic time in seconds that goes on while the machine is suspended."""
        return time.clock_gettime(_BOOTTIME)

    def new_id(self) -> int:
        """Return a new id for a room, account or session, unique without coordination.

        The upper bits are the instant, so ids sort by age. The lower 20 bits are random and
        distinguish processes that share a database; they need not be secret. Within a process, ids
        are strictly increasing.
        """
        with _identity_lock:
            Clock._last_identity = max(
                Clock._last_identity + 1, (self.now() << ID_RANDOM_BITS) | random.getrandbits(ID_RANDOM_BITS)
            )
            return Clock._last_identity

    def new_token(self) -> str:
        """Return a short random identifier of letters and digits."""
        return secrets.token_hex(6)

    def new_secret(self) -> bytes:
        """Return 32 random bytes for a key."""
        return self.random_bytes(32)

    def random_bytes(self, size: int) -> bytes:
        """Return random bytes that cannot be predicted."""
        return secrets.token_bytes(size)


class Timer:
    """A recurring timer that is polled."""

    def __init__(self, clock: Clock, period: float) -> None:
        self._clock = clock
        self._period = period
        self.due_at = clock.monotonic() + period  # monotonic seconds

    def is_due(self) -> bool:
        """Whether the period has elapsed; stays true until `restart` or `restart_if_due`."""
        return self._clock.monotonic() >= self.due_at

    def restart(self) -> None:
        """Start the next period now."""
        self.due_at = self._clock.monotonic() + self._period

    def restart_if_due(self) -> bool:
        """Start the next period if the current one has passed, and return whether it has."""
        if not self.is_due():
            return False
        self.restart()
        return True


def to_iso(instant: int) -> str:
    """Format an instant as in IRCv3 server-time: `2026-11-22T12:00:05.123Z`."""
    seconds, millis = divmod(instant, 1000)
    return f"{_format_seconds(seconds)}.{millis:03d}Z"


def to_iso_or_none(instant: int | None) -> str | None:
    """Format an instant like `to_iso`; None stays None."""
    return None if instant is None else to_iso(instant)


def from_iso(text: str) -> int:
    """Parse a server-time timestamp.

    Raises: ValueError when the text is not `YYYY-MM-DDThh:mm:ss[.sss]Z`.
    """
    if not text.endswith("Z") or "T" not in text:
        raise ValueError(f"not a UTC timestamp: {text}")
    moment = datetime.fromisoformat(text[:-1])
    if moment.tzinfo is not None:
        raise ValueError(f"two time zones: {text}")
    seconds = int(moment.replace(microsecond=0, tzinfo=UTC).timestamp())
    return seconds * 1000 + moment.microsecond // 1000


def to_datetime(instant: int) -> datetime:
    """Return the instant as an aware datetime in UTC."""
    return EPOCH + timedelta(milliseconds=instant)


def to_datetime_or_none(instant: int | None) -> datetime | None:
    """Return the instant as an aware datetime in UTC; None stays None."""
    return None if instant is None else to_datetime(instant)


def from_datetime(moment: datetime) -> int:
    """Convert an aware datetime to an instant, to the millisecond below."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def to_text(instant: int) -> str:
    """Format an instant for display: `2026-11-22 12:00:05 UTC`."""
    return to_datetime(instant).strftime("%Y-%m-%d %H:%M:%S UTC")


def until(end: int | None) -> str:
    """Format an expiry for display; None means it never expires."""
    return "permanently" if end is None else f"until {to_datetime(end):%Y-%m-%d %H:%M} UTC"


def is_future(end: int | None, now: int) -> bool:
    """Whether an expiry is still in the future; None never expires."""
    return end is None or end > now


_last_formatted: tuple[int, str] = (0, "1970-01-01T00:00:00")


def _format_seconds(seconds: int) -> str:
    """Format a Unix timestamp; the last result is cached, as consecutive messages share it."""
    global _last_formatted
    last_seconds, text = _last_formatted
    if last_seconds != seconds:
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        _last_formatted = (seconds, text)
    return text
