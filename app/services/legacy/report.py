"""The report of an import."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that could not be imported, and the reason."""

    table: str
    id: str
    reason: str


@dataclass(slots=True)
class ImportReport:
    """The result of an import or dry run.

    Rows counted as `known` were imported earlier. `renamed` maps authors' names that are not valid
    nicks to their replacements.
    """

    room: str
    dry_run: bool
    accounts_taken: int = 0
    accounts_known: int = 0
    messages_taken: int = 0
    messages_known: int = 0
    refused: list[RejectedRow] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)
