"""The entry of the audit log for a pass in progress.

Each step brings it up to date with what it removes, so a pass that is killed leaves an entry. The
event that records a complete pass replaces it.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, insert, update

from app.db.models import UNFINISHED_EXPIRY, AuditRow


class UnfinishedEntry:
    """The entry of one pass, by the server or an administrator, which began at an instant."""

    def __init__(self, by: str, at: int) -> None:
        self._by = by
        self._at = at
        self.id: int | None = None

    def save(self, connection: Connection, detail: Mapping[str, int]) -> None:
        """Insert the entry, or update it, in the transaction of a step."""
        present = {name: value for name, value in detail.items() if value}
        values: dict[str, object] = {"by": self._by, **present}
        if self.id is None:
            self.id = self._insert(connection, values)
        else:
            connection.execute(update(AuditRow).where(AuditRow.id == self.id).values(detail=values))

    def _insert(self, connection: Connection, values: Mapping[str, object]) -> int:
        entry = {"at": self._at, "actor": self._by, "action": UNFINISHED_EXPIRY, "target": ""}
        result = connection.execute(insert(AuditRow).values(entry | {"detail": values}))
        key = result.inserted_primary_key
        assert key is not None
        return int(key[0])
