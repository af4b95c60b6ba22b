"""The phases of an erasure, in steps of some milliseconds each under the log's lock."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, insert, literal, or_, select, update

from app.clock import Clock
from app.db.log import get_last_id
from app.db.models import BackupRow, ErasureRow, ErasureSessionRow, EventRow, SessionRow
from app.services.administration import audit
from app.services.erasure.events import choose_treatments, find_rows, remove_rows, treat_rows
from app.services.erasure.rooms import find_room_rows, strip_audit_entries
from app.services.erasure.subject import ErasedAccount
from app.services.erasure.tables import TABLES

MAX_SCANNED_ROWS = 1_000  # of the log, per step: about 1 ms
MAX_SECONDS = 0.001  # of the steps of one transaction, before the last one
LOG_PASSES = 2  # the first phases each read the log

_table = ErasureRow.__table__
_log = EventRow.__table__.c
_FIND = select(_table).where(_table.c.id == bindparam("erasure"))
_FIND_OLDEST = select(_table).order_by(_table.c.id).limit(1)
_STORE = update(ErasureRow).where(_table.c.id == bindparam("erasure"))


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
    if erasure is None:
        return connection.execute(_FIND_OLDEST).one_or_none()
    return connection.execute(_FIND, {"erasure": erasure}).one_or_none()


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
    _store(connection, row, _STEPS[row.kind, ErasurePhase(row.phase)](connection, row))
    return True


@dataclass(frozen=True, slots=True)
class _Step:
    """What a step did: rows of a table by treatment, and events by their ids.

    The next step is at `position`, or in the next phase if that is the end.
    """

    position: int
    end: int
    table: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    events: Sequence[int] = ()


def _find_sessions(connection: Connection, row: Row[Any]) -> _Step:
    """Add the sessions of the next rows of the log that have the account as their author."""
    account = ErasedAccount.of(row)
    last = get_last_id(connection)
    end = min(row.position + MAX_SCANNED_ROWS, last)
    if row.position == 0:
        _add_sessions(connection, account, SessionRow.id, SessionRow.account == account.name)
    is_own = or_(*(and_(_log.account == name, _log.id <= until) for name, until in account.names))
    in_range = and_(_log.id > row.position, _log.id <= end, _log.session_id.is_not(None))
    _add_sessions(connection, account, _log.session_id, and_(in_range, is_own))
    return _Step(end, last)


def _add_sessions(connection: Connection, account: ErasedAccount, column: Any, condition: Any) -> None:
    new = select(literal(account.erasure), column).where(condition, column.not_in(account.sessions))
    connection.execute(insert(ErasureSessionRow).from_select(["erasure_id", "session_id"], new.distinct()))


def _treat_events(connection: Connection, row: Row[Any]) -> _Step:
    """Treat the next rows of the log, except the last one, after which ids are numbered."""
    account, last = ErasedAccount.of(row), get_last_id(connection) - 1
    end = min(row.position + MAX_SCANNED_ROWS, last)
    found = find_rows(connection, account, row.position, end)
    if found.is_partial:
        end = found.rows[-1].id
    chosen = choose_treatments(connection, account, found.rows)
    treat_rows(connection, account, chosen)
    counts = {treatment.value: len(ids) for treatment, ids in chosen.items()}
    return _Step(end, last, "event", counts, [one for ids in chosen.values() for one in ids])


def _treat_table(connection: Connection, row: Row[Any]) -> _Step:
    """Treat some rows of the next table, until none are left."""
    entry = TABLES[row.position]
    treated = entry.treat(connection, ErasedAccount.of(row))
    position = row.position if treated else row.position + 1
    return _Step(position, len(TABLES), entry.name, {entry.treatment.value: treated})


def _remove_room_events(connection: Connection, row: Row[Any]) -> _Step:
    """Remove some events of a room, until none are left."""
    found = find_room_rows(connection, row.subject, row.id)
    remove_rows(connection, found)
    return _Step(0 if found else 1, 1, "event", {"removed": len(found)}, found)


def _strip_room_entries(connection: Connection, row: Row[Any]) -> _Step:
    return _Step(1, 1, "audit", {"author": strip_audit_entries(connection, row.names[0][0])})


_STEPS = {
    ("user", ErasurePhase.SESSIONS): _find_sessions,
    ("user", ErasurePhase.EVENTS): _treat_events,
    ("user", ErasurePhase.TABLES): _treat_table,
    ("room", ErasurePhase.EVENTS): _remove_room_events,
    ("room", ErasurePhase.TABLES): _strip_room_entries,
}


def _store(connection: Connection, row: Row[Any], step: _Step) -> None:
    """Add what a step did to the row of its erasure, with its position or the next phase."""
    phases = list(ErasurePhase)
    phase, position = ErasurePhase(row.phase), step.position
    if position >= step.end:
        phase, position = phases[phases.index(phase) + 1], 0
    values = {
        "phase": phase.value,
        "position": position,
        "counts": _add_counts(row.counts, step),
        "first_id": min((*step.events, *(() if row.first_id is None else (row.first_id,))), default=None),
        # Before the files are purged, because this row names the account.
        "names": [] if phase is ErasurePhase.FILES else row.names,
    }
    connection.execute(_STORE, {"erasure": row.id, **values})


def _add_counts(counts: Mapping[str, Mapping[str, int]], step: _Step) -> dict[str, dict[str, int]]:
    """Return the numbers of rows by table and treatment, with those of a step."""
    added = {name: dict(of_table) for name, of_table in counts.items()}
    for treatment, number in step.counts.items():
        if number:
            of_table = added.setdefault(step.table, {})
            of_table[treatment] = of_table.get(treatment, 0) + number
    return added


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
