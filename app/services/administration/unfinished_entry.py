"""The entry of the audit log for a removal in progress.

Each step brings it up to date with what it removes, so a removal that is killed leaves an entry. At
the end, another entry replaces it, or it becomes that of the complete removal.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, bindparam, insert, update

from app.db.models import AuditRow

_UPDATE = update(AuditRow).where(AuditRow.id == bindparam("entry"))


class UnfinishedEntry:
    """The entry of one removal, by the server or an administrator, which began at an instant."""

    def __init__(self, action: str, actor: str, at: int, target: str = "") -> None:
        self._values = {"at": at, "actor": actor, "action": action, "target": target}
        self.id: int | None = None

    def save(self, connection: Connection, detail: Mapping[str, object]) -> None:
        """Insert the entry, or update it, in the transaction of a step."""
        if self.id is None:
            self.id = self._insert(connection, detail)
        else:
            connection.execute(_UPDATE, {"entry": self.id, "detail": detail})

    def _insert(self, connection: Connection, detail: Mapping[str, object]) -> int:
        result = connection.execute(insert(AuditRow).values(self._values | {"detail": detail}))
        key = result.inserted_primary_key
        assert key is not None
        return int(key[0])

    def complete(self, connection: Connection, action: str) -> None:
        """Make it the entry of a complete removal, if there is one."""
        connection.execute(_UPDATE, {"entry": self.id, "action": action})
