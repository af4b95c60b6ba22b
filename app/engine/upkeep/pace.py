"""How often the steps of upkeep are taken, so that few batches have to wait for one."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.clock import Clock

PAUSE_FACTOR_IDLE = 5  # the pause after a step, as a multiple of its duration
PAUSE_FACTOR_BUSY = 50  # so that two in a hundred batches wait for a step, of two milliseconds
MAX_PAUSE_SECONDS = 0.25  # on a machine so busy that each step takes long, it still gets on


class Pace:
    """When the next step may be taken: the longer one took, the longer the pause after it.

    With steps that are half as long, and twice as many, the same work delays others half as much.
    """

    def __init__(self, clock: Clock, min_pause_seconds: float) -> None:
        self._clock = clock
        self._min_pause = min_pause_seconds
        self._resume_at = 0.0  # monotonic seconds

    def is_due(self, now: float) -> bool:
        """Whether the pause is over. `now` is in monotonic seconds."""
        return now >= self._resume_at

    @contextmanager
    def step(self, is_idle: bool) -> Iterator[None]:
        """Measure a step. `is_idle` says that no units have arrived."""
        started = self._clock.monotonic()
        try:
            yield
        finally:
            ended = self._clock.monotonic()
            factor = PAUSE_FACTOR_IDLE if is_idle else PAUSE_FACTOR_BUSY
            pause = min((ended - started) * factor, MAX_PAUSE_SECONDS)
            self._resume_at = ended + max(self._min_pause, pause)
