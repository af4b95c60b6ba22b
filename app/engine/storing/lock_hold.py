"""For how long the engine keeps the log's lock from one batch to the next.

Without the lock, it would have to take it again for the next batch, and to read what others have
appended in between, which costs a round trip to the database. Others wait meanwhile.
"""

from app.clock import Clock

MAX_HOLD_SECONDS = 0.05  # while no other server is running
MAX_SHARED_HOLD_SECONDS = 0.01  # while others are, and units wait for the next batch
MAX_IDLE_SECONDS = 0.005  # without a batch, while no other server is running


class LockHold:
    """The time since the lock was taken, and since the last batch was stored."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._taken_at = 0.0  # monotonic seconds
        self._stored_at = 0.0  # monotonic seconds

    def begin(self) -> None:
        """Record that the lock was taken."""
        self._taken_at = self._clock.monotonic()

    def record_batch(self) -> None:
        """Record that a batch was stored while the lock was held."""
        self._stored_at = self._clock.monotonic()

    def may_continue(self, is_alone: bool, has_waiting: bool) -> bool:
        """Whether to keep the lock for one more batch."""
        held = self._clock.monotonic() - self._taken_at
        return held < MAX_HOLD_SECONDS if is_alone else has_waiting and held < MAX_SHARED_HOLD_SECONDS

    def may_idle(self, is_alone: bool) -> bool:
        """Whether to keep the lock although there is no batch yet."""
        return is_alone and self._clock.monotonic() - self._stored_at < MAX_IDLE_SECONDS
