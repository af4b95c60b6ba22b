"""Begins the erasure of a room's history, and finds what belongs to it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from app.db.fulltext import fulltext_of
from app.db.models import AuditRow, ErasureRow, EventRow
from app.events import Event
from app.services.erasure.subject import ALWAYS, Messages

MAX_REMOVED_ROWS = 15  # per step: about 1.5 ms
WORDS = ("topic", "reason", "text", "value", "modes")  # details of the audit log with users' words

_log = EventRow.__table__.c
_audit = AuditRow.__table__.c


def begin_room_erasure(connection: Connection, event: Event, name: str, actor: str) -> None:
    """Store that the history of a room is to be erased, which the event has deleted."""
    connection.execute(
        insert(ErasureRow).values(
            id=event.id,
            kind="room",
            subject=event.room,
            names=[[name, ALWAYS]],
            messages=Messages.ERASE.value,
            pseudonym=name,
            actor=actor,
            phase="events",
            position=0,
            counts={},
        )
    )


def find_room_rows(connection: Connection, room: int, deletion: int) -> Sequence[int]:
    """Return some rows of a room before its deletion, also messages to its operators."""
    query = select(_log.id).where(_log.id < deletion).limit(MAX_REMOVED_ROWS)
    in_room = connection.scalars(query.where(_log.room_id == room)).all()
    return in_room or connection.scalars(query.where(_log.conversation == f"o{room}")).all()


def strip_audit_entries(connection: Connection, name: str) -> int:
    """Remove topics and other words from the audit log's entries about a room."""
    query = select(AuditRow.__table__).where(fulltext_of(connection).name_equals(_audit.target, name))
    rows = [row for row in connection.execute(query) if _has_words(row)]
    for row in rows:
        kept = {key: value for key, value in row.detail.items() if key not in WORDS}
        connection.execute(update(AuditRow).where(_audit.id == row.id).values(detail=kept or None))
    return len(rows)


def _has_words(row: Row[Any]) -> bool:
    return any(key in WORDS for key in row.detail or ())
