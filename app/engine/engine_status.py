"""What the engine reports to monitoring: its heartbeat, its last commit, and the current outage."""

from dataclasses import dataclass

STALL_SECONDS = 30.0  # for a cycle, which usually takes at most half a second, plus its queries


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The state of the engine at one instant. Times are in seconds before that instant."""

    cycle_seconds: float  # since the current cycle began: the heartbeat
    storage_seconds: float  # since the cycle began to wait for the database; 0.0 if it does not
    commit_seconds: float | None  # since the last commit; None before the first
    outage_seconds: float | None  # since the database began to fail; None while it works
    outage_reason: str | None

    @property
    def is_alive(self) -> bool:
        """Whether the engine makes progress, or waits for the database."""
        return self.cycle_seconds < STALL_SECONDS or self.storage_seconds > 0
