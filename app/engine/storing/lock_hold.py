"""How long the engine keeps the log's lock after a batch, for the next one.

Keeping it saves the round trip that takes the lock and finds what others have appended. Other
servers and `chat-admin` wait meanwhile, so the time is limited.
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
        """Whether to keep the lock for another batch; `has_waiting` says that units wait for it."""
        held = self._clock.monotonic() - self._taken_at
        return held < MAX_HOLD_SECONDS if is_alone else has_waiting and held < MAX_SHARED_HOLD_SECONDS

    def may_idle(self, is_alone: bool) -> bool:
        """Whether to keep the lock while no units wait for a batch."""
        return is_alone and self._clock.monotonic() - self._stored_at < MAX_IDLE_SECONDS
