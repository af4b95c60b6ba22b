"""Database outages: the retry delay, and when held writes are refused.

While other programs hold the log, the engine waits for its turn. That is an outage only if it
lasts.
"""

import logging
from enum import Enum, auto

from app.clock import Clock
from app.errors import LogBusy, StorageError

GRACE_SECONDS = 2.0  # after this, new writes are refused immediately
MAX_WAIT_SECONDS = 15.0  # after this, waiting writes are refused too
RETRY_SECONDS = 0.1  # delay between commit attempts
MAX_TURN_SECONDS = 2.0  # of waiting for the log, after which that is an outage

logger = logging.getLogger(__name__)


class RefusalScope(Enum):
    """Which held units are refused, depending on the duration of the outage."""

    NONE = auto()
    NEWCOMERS = auto()
    ALL = auto()


class Outage:
    """The state of the current outage, if any. Belongs to the engine's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.is_on = False  # the database is failing
        self.reason: str | None = None  # the latest failure of the outage
        self._since = 0.0  # monotonic seconds at the start of the outage
        self._retry_at = 0.0
        self.waiting_since: float | None = None  # monotonic seconds; for other programs to release the log

    @property
    def is_waiting(self) -> bool:
        """Whether the engine waits for its turn."""
        return self.waiting_since is not None and not self.is_on

    @property
    def may_retry(self) -> bool:
        """Whether the retry delay is over."""
        return not self.is_on or self._clock.monotonic() >= self._retry_at

    @property
    def refused(self) -> RefusalScope:
        """The scope of held units to refuse at this point of the outage."""
        if not self.is_on or self.seconds <= GRACE_SECONDS:
            return RefusalScope.NONE
        return RefusalScope.NEWCOMERS if self.seconds <= MAX_WAIT_SECONDS else RefusalScope.ALL

    @property
    def seconds(self) -> float:
        """The duration of the outage so far."""
        return self._clock.monotonic() - self._since

    def record_turn(self) -> None:
        """Record that the log was opened."""
        self.waiting_since = None

    def record_wait(self, error: LogBusy, started: float) -> None:
        """Record that the log could not be opened since `started`, in monotonic seconds."""
        if self.waiting_since is None:
            self.waiting_since = started
        if self.is_on or self._clock.monotonic() >= self.waiting_since + MAX_TURN_SECONDS:
            self.record_failure(error, self.waiting_since)

    def record_failure(self, error: StorageError, since: float | None = None) -> None:
        """Record a failure; the first one starts an outage, or has started one at `since`."""
        now = self._clock.monotonic()
        self._retry_at = now + RETRY_SECONDS
        self.reason = str(error)
        if not self.is_on:
            self.is_on, self._since = True, now if since is None else since
            logger.error(
                "The database fails: %s. Retrying; new messages are held until they are stored.", error
            )

    def end(self) -> None:
        """Record that the database works again."""
        logger.warning("The database works again after %.1f s.", self.seconds)
        self.is_on, self.reason = False, None

    def skip_delay(self) -> None:
        """Allow an immediate retry."""
        self._retry_at = 0.0
