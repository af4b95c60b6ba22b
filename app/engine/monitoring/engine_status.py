"""What the engine reports to monitoring: its heartbeat, its last commit, and the current outage."""

from dataclasses import dataclass
from types import TracebackType

from app.clock import Clock

MAX_WAIT_SECONDS = 2.0  # for the database to answer, before that counts as a problem
STALL_SECONDS = 30.0  # for a cycle, which usually takes at most half a second, plus its queries


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The state of the engine at one instant. Times are in seconds before that instant."""

    cycle_seconds: float  # since the current cycle began: the heartbeat
    storage_seconds: float  # since the cycle began to wait for the database; 0.0 if it does not
    commit_seconds: float | None  # since the last commit; None before the first
    outage_seconds: float | None  # since the database began to fail; None while it works
    outage_reason: str | None
    is_draining: bool = False  # it accepts no more connections, and is about to stop
    position: int = 0  # of the last event of the log that was applied
    lag: int = 0  # events that other servers announced after it
    lease_seconds: float | None = None  # since the lease was renewed; None if there can be no other nodes
    may_be_removed: bool = False  # the lease may have expired, and other nodes have ended its sessions

    @property
    def is_alive(self) -> bool:
        """Whether the engine makes progress, or waits for the database."""
        return self.cycle_seconds < STALL_SECONDS or self.storage_seconds > 0

    @property
    def problems(self) -> list[str]:
        """A sentence for each reason why the log cannot be written now."""
        problems = []
        if self.outage_seconds is not None:
            problems.append(f"The database has failed for {self.outage_seconds:.0f} s: {self.outage_reason}.")
        if self.storage_seconds > MAX_WAIT_SECONDS:
            problems.append(f"The database has not answered for {self.storage_seconds:.0f} s.")
        if not self.is_alive:
            problems.append(f"The engine has been busy for {self.cycle_seconds:.0f} s.")
        if self.may_be_removed and self.lease_seconds is not None:
            problems.append(
                f"The node has not renewed its lease for {self.lease_seconds:.0f} s, so other nodes may have "
                "ended its sessions."
            )
        return problems


class StorageWait:
    """A context in which the engine waits for the database; any thread may ask for how long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since = 0.0  # monotonic seconds, or 0.0 outside the context

    def start(self) -> None:
        """Begin to wait for an answer while the engine goes on."""
        self._since = self._clock.monotonic()

    def stop(self) -> None:
        """End the wait."""
        self._since = 0.0

    def __enter__(self) -> None:
        self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def seconds(self) -> float:
        """How long the current wait lasts; 0.0 if there is none."""
        since = self._since
        return self._clock.monotonic() - since if since else 0.0
