"""Time and chance, in one place, so that a test can replace both.

Instants are integers everywhere: milliseconds since the epoch, UTC. They become text only at an edge.
"""

import random
import secrets
import time
from datetime import UTC, datetime
from threading import Lock

_identities = Lock()


class Clock:
    """The system's time and randomness."""

    _last_identity = 0

    def now(self) -> int:
        """Return the current instant in milliseconds since the epoch, UTC."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Return seconds on a clock that is never set back."""
        return time.monotonic()

    def identity(self) -> int:
        """Return a new id for a room, an account or a session: unique without asking anybody.

        The upper bits are the instant, so ids sort by age; the lower 20 are chance, which keeps programs that
        share a database apart; nothing depends on its being secret. Within one program no id comes twice.
        """
        with _identities:
            Clock._last_identity = max(Clock._last_identity + 1, (self.now() << 20) | random.getrandbits(20))
            return Clock._last_identity

    def token(self) -> str:
        """Return a short random identifier of letters and digits."""
        return secrets.token_hex(6)

    def secret(self) -> bytes:
        """Return 32 random bytes, such as a key is."""
        return secrets.token_bytes(32)


class Timer:
    """Says when a period has passed again."""

    def __init__(self, clock: Clock, period: float) -> None:
        self._clock = clock
        self._period = period
        self._next = clock.monotonic() + period

    def is_over(self) -> bool:
        """Whether the period has passed; it stays so until it is taken."""
        return self._clock.monotonic() >= self._next

    def take(self) -> bool:
        """Begin the next period if this one has passed; return whether it had."""
        if not self.is_over():
            return False
        self._next = self._clock.monotonic() + self._period
        return True


def to_iso(instant: int) -> str:
    """Write an instant as IRCv3 server-time does: `2026-11-22T12:00:05.123Z`."""
    seconds, millis = divmod(instant, 1000)
    return f"{_whole_second(seconds)}.{millis:03d}Z"


def to_iso_or_none(instant: int | None) -> str | None:
    """Write an instant as `to_iso` does, or return None for one that will never come."""
    return None if instant is None else to_iso(instant)


def from_iso(text: str) -> int:
    """Read a server-time timestamp as an instant.

    Raises: ValueError when the text is not `YYYY-MM-DDThh:mm:ss[.sss]Z`.
    """
    if not text.endswith("Z") or "T" not in text:
        raise ValueError(f"not a UTC timestamp: {text}")
    moment = datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000 + moment.microsecond // 1000


def to_datetime(instant: int) -> datetime:
    """Return the instant as an aware datetime in UTC."""
    return datetime.fromtimestamp(instant / 1000, UTC)


def to_datetime_or_none(instant: int | None) -> datetime | None:
    """Return the instant as an aware datetime in UTC, or None for one that has not come."""
    return None if instant is None else to_datetime(instant)


def from_datetime(moment: datetime) -> int:
    """Return an aware datetime as an instant."""
    return round(moment.timestamp() * 1000)


def to_text(instant: int) -> str:
    """Write an instant for people, to the second: `2026-11-22 12:00:05 UTC`."""
    return to_datetime(instant).strftime("%Y-%m-%d %H:%M:%S UTC")


def until(end: int | None) -> str:
    """Write for people how long something holds: until an instant, or for ever."""
    return "for ever" if end is None else f"until {to_datetime(end):%Y-%m-%d %H:%M} UTC"


def is_ahead(end: int | None, now: int) -> bool:
    """Whether an end has yet to come; None never does."""
    return end is None or end > now


_memo: tuple[int, str] = (0, "1970-01-01T00:00:00")


def _whole_second(seconds: int) -> str:
    """Format the second; consecutive messages share it, so the last one is remembered."""
    global _memo
    known, text = _memo
    if known != seconds:
        text = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        _memo = (seconds, text)
    return text
