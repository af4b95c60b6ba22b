"""The result of a verification of the hash chain."""

from dataclasses import dataclass, field

from app.db.chain.links import BEGINNING, Position

MAX_FINDINGS = 1_000  # kept for the report


@dataclass(frozen=True, slots=True)
class ChainFinding:
    """A problem with the events from position `first` to `last`."""

    first: int
    last: int
    problem: str

    @property
    def sentence(self) -> str:
        """Positions and problem as one text."""
        where = f"Event {self.first}" if self.first == self.last else f"Events {self.first} to {self.last}"
        return f"{where}: {self.problem}"


@dataclass(slots=True)
class ChainReport:
    """What was verified, and the findings in the order of the log."""

    end: Position = BEGINNING  # of the chain
    last_id: int = 0  # of the log
    events: int = 0
    erased: int = 0  # events of which a part was erased
    removed: int = 0
    findings: list[ChainFinding] = field(default_factory=list)
    finding_count: int = 0  # includes those beyond MAX_FINDINGS

    @property
    def is_complete(self) -> bool:
        """Whether the chain reaches the end of the log; not while it is built for older events."""
        return self.end.last_id == self.last_id

    def add(self, first: int, last: int, problem: str) -> None:
        """Add a finding."""
        self.finding_count += 1
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(ChainFinding(first, last, problem))
