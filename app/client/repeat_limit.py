"""A limit on how often the same report is shown."""

from app.clock import Clock

REPEAT_MILLISECONDS = 60_000  # between two reports of the same


class RepeatLimit:
    """Lets each report pass once a minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._reported_at: dict[str, int] = {}

    def admit(self, report: str) -> bool:
        """Return whether a report is to be shown now."""
        now = self._clock.now()
        if now - self._reported_at.get(report, now - REPEAT_MILLISECONDS) < REPEAT_MILLISECONDS:
            return False
        self._reported_at[report] = now
        return True
