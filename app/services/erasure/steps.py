"""The phases of an erasure, in steps of some milliseconds each under the log's lock."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, literal, or_, select, update

from app.clock import Clock
from app.db.log import get_last_id
from app.db.models import BackupRow, ErasureRow, ErasureSessionRow, EventRow, SessionRow
from app.services.administration import audit
from app.services.erasure.events import choose_treatments, find_rows, remove_rows, treat_rows
from app.services.erasure.rooms import find_room_rows, strip_audit_entries
from app.services.erasure.subject import ErasedAccount
from app.services.erasure.tables import TABLES

MAX_SCANNED_ROWS = 1_000  # of the log, per step: about 1 ms
MAX_SECONDS = 0.004  # of the steps of one transaction
LOG_PASSES = 2  # the first phases each read the log

_table = ErasureRow.__table__
_log = EventRow.__table__.c


class ErasurePhase(StrEnum):
    """The phases of an erasure, in order; that of a room begins with its events."""

    SESSIONS = "sessions"
    EVENTS = "events"
    TABLES = "tables"
    FILES = "files"


@dataclass(frozen=True, slots=True)
class Progress:
    """What the next step of an erasure is. Two are equal if no step was taken between them."""

    erasure: int
    phase: ErasurePhase
    position: int
    treated: int  # rows
    last_id: int = field(compare=False)  # of the log

    @property
    def passed(self) -> int:
        """The positions of the log that its passes have read."""
        passes = min(list(ErasurePhase).index(self.phase), LOG_PASSES)
        return passes * self.last_id + (self.position if passes < LOG_PASSES else 0)

    @property
    def total(self) -> int:
        """The positions of the log that all its passes read."""
        return LOG_PASSES * self.last_id


def find_progress(connection: Connection, erasure: int | None = None) -> Progress | None:
    """Return the progress of an erasure, by default the oldest one; None if there is none left."""
    row = _find(connection, erasure)
    if row is None:
        return None
    treated = sum(number for of_table in row.counts.values() for number in of_table.values())
    return Progress(row.id, ErasurePhase(row.phase), row.position, treated, get_last_id(connection))


def _find(connection: Connection, erasure: int | None) -> Row[Any] | None:
    query = select(_table) if erasure is None else select(_table).where(_table.c.id == erasure)
    return connection.execute(query.order_by(_table.c.id).limit(1)).one_or_none()


def advance(connection: Connection, erasure: int | None = None) -> Progress | None:
    """Take as many steps of an erasure as a transaction has time for; return its progress then.

    It takes one at least. The caller must hold the log's lock.
    """
    end = time.monotonic() + MAX_SECONDS
    while take_step(connection, erasure) and time.monotonic() < end:
        pass
    return find_progress(connection, erasure)


def take_step(connection: Connection, erasure: int | None = None) -> bool:
    """Take the next step of an erasure, by default the oldest one, unless only files remain.

    Return whether it took one. The caller must hold the log's lock.
    """
    row = _find(connection, erasure)
    if row is None or row.phase == ErasurePhase.FILES:
        return False
    _STEPS[row.kind, ErasurePhase(row.phase)](connection, row)
    return True


def _find_sessions(connection: Connection, row: Row[Any]) -> None:
    """Add the sessions of the next rows of the log that have the account as their author."""
    account = ErasedAccount.of(row)
    last = get_last_id(connection)
    end = min(row.position + MAX_SCANNED_ROWS, last)
    if row.position == 0:
        _add_sessions(connection, account, SessionRow.id, SessionRow.account == account.name)
    is_own = or_(*(and_(_log.account == name, _log.id <= until) for name, until in account.names))
    in_range = and_(_log.id > row.position, _log.id <= end, _log.session_id.is_not(None))
    _add_sessions(connection, account, _log.session_id, and_(in_range, is_own))
    _advance(connection, row, ErasurePhase.SESSIONS, end, ErasurePhase.EVENTS, last)


def _add_sessions(connection: Connection, account: ErasedAccount, column: Any, condition: Any) -> None:
    new = select(literal(account.erasure), column).where(condition, column.not_in(account.sessions))
    connection.execute(insert(ErasureSessionRow).from_select(["erasure_id", "session_id"], new.distinct()))


def _treat_events(connection: Connection, row: Row[Any]) -> None:
    """Treat the next rows of the log, except the last one, after which ids are numbered."""
    account, last = ErasedAccount.of(row), get_last_id(connection) - 1
    end = min(row.position + MAX_SCANNED_ROWS, last)
    found = find_rows(connection, account, row.position, end)
    if found.is_partial:
        end = found.rows[-1].id
    chosen = choose_treatments(connection, account, found.rows)
    treat_rows(connection, account, chosen)
    _note_first(connection, row, [one for ids in chosen.values() for one in ids])
    _count(connection, row, "event", {treatment.value: len(ids) for treatment, ids in chosen.items()})
    _advance(connection, row, ErasurePhase.EVENTS, end, ErasurePhase.TABLES, last)


def _treat_table(connection: Connection, row: Row[Any]) -> None:
    """Treat some rows of the next table, until none are left."""
    entry = TABLES[row.position]
    treated = entry.treat(connection, ErasedAccount.of(row))
    _count(connection, row, entry.name, {entry.treatment.value: treated})
    position = row.position if treated else row.position + 1
    _advance(connection, row, ErasurePhase.TABLES, position, ErasurePhase.FILES, len(TABLES))


def _remove_room_events(connection: Connection, row: Row[Any]) -> None:
    """Remove some events of a room, until none are left."""
    found = find_room_rows(connection, row.subject, row.id)
    remove_rows(connection, found)
    _note_first(connection, row, found)
    _count(connection, row, "event", {"removed": len(found)})
    _advance(connection, row, ErasurePhase.EVENTS, 0 if found else 1, ErasurePhase.TABLES, 1)


def _strip_room_entries(connection: Connection, row: Row[Any]) -> None:
    name = row.names[0][0]
    _count(connection, row, "audit", {"author": strip_audit_entries(connection, name)})
    _advance(connection, row, ErasurePhase.TABLES, 1, ErasurePhase.FILES, 1)


_STEPS = {
    ("user", ErasurePhase.SESSIONS): _find_sessions,
    ("user", ErasurePhase.EVENTS): _treat_events,
    ("user", ErasurePhase.TABLES): _treat_table,
    ("room", ErasurePhase.EVENTS): _remove_room_events,
    ("room", ErasurePhase.TABLES): _strip_room_entries,
}


def _advance(
    connection: Connection,
    row: Row[Any],
    phase: ErasurePhase,
    position: int,
    following: ErasurePhase,
    end: int,
) -> None:
    """Store the position in a phase, or begin the following one at the end."""
    values: dict[str, Any] = {"phase": phase.value, "position": position}
    if position >= end:
        values = {"phase": following.value, "position": 0}
    if values["phase"] == ErasurePhase.FILES:
        values["names"] = []  # before the files are purged, because this row names the account
    connection.execute(update(ErasureRow).where(_table.c.id == row.id).values(values))


def _count(connection: Connection, row: Row[Any], table: str, rows: Mapping[str, int]) -> None:
    """Add numbers of rows to the counts of an erasure."""
    counts = {name: dict(of_table) for name, of_table in row.counts.items()}
    for treatment, number in rows.items():
        if number:
            of_table = counts.setdefault(table, {})
            of_table[treatment] = of_table.get(treatment, 0) + number
    connection.execute(update(ErasureRow).where(_table.c.id == row.id).values(counts=counts))


def _note_first(connection: Connection, row: Row[Any], ids: Sequence[int]) -> None:
    """Keep the smallest id of the rows treated so far."""
    if ids:
        first = min(ids) if row.first_id is None else min(row.first_id, *ids)
        connection.execute(update(ErasureRow).where(_table.c.id == row.id).values(first_id=first))


def _list_backups(connection: Connection, row: Row[Any]) -> list[str]:
    """Return the known backups that contain, or may contain, what was erased.

    They reach its first row in the log. Those made since the deletion may have been made before the
    erasure came to each row.
    """
    has_it = BackupRow.position >= (row.first_id or 0)
    return list(connection.scalars(select(BackupRow.path).where(has_it).order_by(BackupRow.id)))


def finish(connection: Connection, clock: Clock, erasure: int) -> None:
    """Record an erasure in the audit log, and delete its row. Requires the log's lock."""
    row = _find(connection, erasure)
    if row is None:
        return
    action, messages = ("user.erased", row.messages) if row.kind == "user" else ("room.erased", None)
    entry = audit.make_audit_row(
        clock,
        row.actor,
        action,
        row.pseudonym,
        erasure=row.id,
        messages=messages,
        tables=row.counts,
        backups=_list_backups(connection, row),
    )
    audit.append(connection, entry)
    connection.execute(delete(ErasureSessionRow).where(ErasureSessionRow.erasure_id == row.id))
    connection.execute(delete(ErasureRow).where(_table.c.id == row.id))
