"""Outages of the storage: since when it fails, when to try again, and for how long whoever wants to post waits."""

import logging
from enum import Enum, auto

from app.clock import Clock
from app.errors import StorageError

GRACE_SECONDS = 2.0  # how long the storage may fail before new posts are refused at once
MAX_WAIT_SECONDS = 15.0  # and before those that came earlier, and wait, are refused too
RETRY_SECONDS = 0.1  # pause between attempts

logger = logging.getLogger(__name__)


class RefusalScope(Enum):
    """Who is refused during an outage, because it has lasted so long."""

    NOBODY = auto()
    NEWCOMERS = auto()
    ALL = auto()


class Outage:
    """The one that is on, if there is one. Belongs to the engine's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since: float | None = None
        self._retry_at = 0.0

    @property
    def is_on(self) -> bool:
        """Whether the storage fails."""
        return self._since is not None

    @property
    def may_retry(self) -> bool:
        """Whether there is no failure so fresh that another attempt makes no sense."""
        return self._since is None or self._clock.monotonic() >= self._retry_at

    @property
    def refused(self) -> RefusalScope:
        """Who cannot wait for its end any longer."""
        if self._since is None or self._seconds <= GRACE_SECONDS:
            return RefusalScope.NOBODY
        return RefusalScope.NEWCOMERS if self._seconds <= MAX_WAIT_SECONDS else RefusalScope.ALL

    @property
    def _seconds(self) -> float:
        return self._clock.monotonic() - (self._since or 0.0)

    def note(self, error: StorageError) -> None:
        """Take note of a failure: the first one begins an outage."""
        now = self._clock.monotonic()
        self._retry_at = now + RETRY_SECONDS
        if self._since is None:
            self._since = now
            logger.error(
                "The storage fails: %s. Nothing new is shown until it is stored; trying again.", error
            )

    def end(self) -> None:
        """Take note that the storage works."""
        if self._since is not None:
            logger.warning("The storage works again, after %.1f s.", self._seconds)
            self._since = None

    def hurry(self) -> None:
        """Let the next attempt be now: it is the last one."""
        self._retry_at = 0.0
