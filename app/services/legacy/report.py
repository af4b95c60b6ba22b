"""What became of every row."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that could not be taken, and why."""

    table: str
    id: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What an import did, or would do; `renamed` says under which nick an author had to be shown."""

    room: str
    dry_run: bool
    accounts_taken: int = 0
    accounts_known: int = 0
    messages_taken: int = 0
    messages_known: int = 0
    refused: list[RejectedRow] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
