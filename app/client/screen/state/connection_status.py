"""The phase of the connection in words, with the seconds until the next attempt."""

from app.client.protocol.events import ClientEvent, Phase, PhaseChanged


class ConnectionStatus:
    """Follows the phases of the connection; times are those of the monotonic clock in seconds."""

    def __init__(self) -> None:
        self.phase = Phase.CONNECTING
        self._reason = ""
        self._retry_at = 0.0

    def apply(self, event: ClientEvent, now: float) -> None:
        """Update from an event."""
        if not isinstance(event, PhaseChanged):
            return
        self.phase = event.phase
        if event.phase is Phase.ONLINE:
            self._reason = ""
        elif event.phase in (Phase.LOST, Phase.RECONNECTING):
            self._reason = event.detail or self._reason
        self._retry_at = now + event.retry_seconds

    def stop(self) -> None:
        """No further attempt is made."""
        self.phase, self._reason = Phase.LOST, ""

    @property
    def is_counting(self) -> bool:
        """Whether the text changes every second."""
        return self.phase is Phase.RECONNECTING

    def describe(self, now: float) -> str:
        """Return the phase, when the next attempt is made, and why the last one failed."""
        if self.phase is not Phase.RECONNECTING:
            is_explained = self.phase is Phase.LOST and self._reason
            return f"{self.phase.value}: {self._reason}" if is_explained else self.phase.value
        seconds = round(self._retry_at - now)
        when = f"reconnecting in {seconds} s" if seconds > 0 else "reconnecting …"
        return f"{when}: {self._reason}" if self._reason else when
