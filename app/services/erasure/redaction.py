"""Redacts many messages, as REDACT does one: running servers announce each of them to clients."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.clock import Clock
from app.db.database import Database
from app.db.fulltext import fulltext_of
from app.db.log import Log, get_last_id
from app.db.models import AccountRow, EventRow, FormerNameRow, RoomRow
from app.events import MESSAGES, Event, Kind, msgid
from app.events.data import RedactedData
from app.progress import Advance
from app.services.administration.unfinished_entry import UnfinishedEntry
from app.services.record import record
from app.services.step_pause import pause_after_step
from app.wire.names import fold

MAX_MESSAGES_PER_STEP = 20  # about 4 ms
REDACT = "history.redact"  # action in the audit log
UNFINISHED = "history.redact.unfinished"
MAX_SAMPLES = 10

_log = EventRow.__table__.c
_COLUMNS = (_log.id, _log.at, _log.room_id, _log.conversation, _log.nick, _log.target, _log.text, _log.data)


@dataclass(frozen=True, slots=True)
class RedactionSelection:
    """The messages to redact: some by their ids, or all that meet the other criteria.

    `rooms` is None for all rooms; `direct` adds private conversations. `since` and `until` are
    inclusive, in milliseconds since the Unix epoch.
    """

    ids: tuple[int, ...] = ()
    user: str | None = None
    rooms: tuple[int, ...] | None = None
    since: int | None = None
    until: int | None = None
    direct: bool = False

    def conditions(self, session: Session) -> list[ColumnElement[bool]]:
        """Return the conditions that select the messages; redacted ones have an empty text."""
        found = [_log.kind.in_((*MESSAGES, Kind.TAGMSG)), func.coalesce(_log.text, "-") != ""]
        if self.ids:
            return [*found, _log.id.in_(self.ids)]
        in_rooms = _log.room_id.is_not(None) if self.rooms is None else _log.room_id.in_(self.rooms)
        found.append(or_(in_rooms, _log.conversation.is_not(None)) if self.direct else in_rooms)
        if self.user is not None:
            found.append(_is_author(session, self.user))
        if self.since is not None:
            found.append(_log.at + 0 >= self.since)
        if self.until is not None:
            found.append(_log.at + 0 <= self.until)
        return found


def _is_author(session: Session, user: str) -> ColumnElement[bool]:
    """Return the condition that a message is by a nick or an account, also under a former name."""
    equals = fulltext_of(session.connection()).name_equals
    is_user = and_(FormerNameRow.account_id == AccountRow.id, AccountRow.key == fold(user))
    is_row = and_(FormerNameRow.name == _log.account, FormerNameRow.until >= _log.id)
    return or_(equals(_log.nick, user), equals(_log.account, user), exists().where(is_user, is_row))


def count_messages(session: Session, selection: RedactionSelection) -> int:
    """Return the number of messages that would be redacted."""
    query = select(func.count()).select_from(EventRow).where(*selection.conditions(session))
    return session.scalar(query) or 0


def find_samples(session: Session, selection: RedactionSelection) -> list[dict[str, Any]]:
    """Return the first messages that would be redacted."""
    rooms = _room_names(session)
    return [
        {"msgid": msgid(row.id), "room": rooms.get(row.room_id), "nick": row.nick, "text": row.text or ""}
        for row in _find(session, selection, 0, get_last_id(session.connection()), MAX_SAMPLES)
    ]


def _room_names(session: Session) -> dict[int | None, str]:
    return {row.id: row.name for row in session.execute(select(RoomRow.id, RoomRow.name))}


def _find(session: Session, selection: RedactionSelection, after: int, end: int, limit: int) -> list[Any]:
    in_range = (_log.id > after, _log.id <= end)
    query = select(*_COLUMNS).where(*in_range, *selection.conditions(session))
    return list(session.execute(query.order_by(_log.id).limit(limit)))


@dataclass(frozen=True, slots=True)
class Redactor:
    """An administrator who redacts: `actor` in the audit log, `by` in events, with a reason."""

    actor: str
    by: str
    reason: str


def redact_messages(
    database: Database,
    clock: Clock,
    redactor: Redactor,
    selection: RedactionSelection,
    details: dict[str, Any],
    advance: Advance,
) -> int:
    """Redact the messages in short steps, and return their number.

    The entry in the audit log is written with the first step, and kept up to date: if the program
    is killed, its action is UNFINISHED. `details` are its details apart from the number.
    """
    steps = _Steps(database, clock, redactor, selection, details)
    started = time.monotonic()
    while number := steps.take():
        advance(number)
        pause_after_step(database, started)
        started = time.monotonic()
    return steps.count


class _Steps:
    """The steps of a redaction, in the order of the log, up to its end when they began."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        redactor: Redactor,
        selection: RedactionSelection,
        details: Mapping[str, Any],
    ) -> None:
        self._database, self._redactor, self._selection = database, redactor, selection
        self._details = {name: value for name, value in details.items() if value is not None}
        self._log = Log(clock)
        self._entry = UnfinishedEntry(UNFINISHED, redactor.actor, clock.now(), selection.user or "")
        self._position = 0
        self.count = 0
        with database.reading() as session:
            self._end = get_last_id(session.connection())

    def take(self) -> int:
        """Redact some messages, and return their number; 0 at the end."""
        with self._database.locked(self._log.has_last_batch) as connection:
            session = Session(connection, join_transaction_mode="rollback_only")
            found = _find(session, self._selection, self._position, self._end, MAX_MESSAGES_PER_STEP)
            if found:
                self._redact(session, connection, found)
            else:
                self._entry.complete(connection, REDACT)
        return len(found)

    def _redact(self, session: Session, connection: Connection, found: Sequence[Row[Any]]) -> None:
        self._log.seek_to_end(connection)
        rooms = _room_names(session)
        record(connection, self._log, [_event(row, rooms, self._redactor) for row in found])
        self._position, self.count = found[-1].id, self.count + len(found)
        self._entry.save(connection, {**self._details, "messages": self.count})


def _event(row: Row[Any], rooms: dict[int | None, str], redactor: Redactor) -> Event:
    parties = (row.data or {}).get("parties")
    return Event(
        Kind.REDACTED,
        room=row.room_id,
        conversation=row.conversation,
        nick=redactor.by,
        target=rooms.get(row.room_id) or row.target,
        text=redactor.reason,
        data=RedactedData(row.id, parties),
    )
