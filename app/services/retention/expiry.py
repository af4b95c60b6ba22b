"""Removes expired events, in steps that are short enough to run between the batches of a server."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, delete, func, select, text

from app.db.chain.removal import remove_events
from app.db.fulltext import fulltext_of
from app.db.models import SPOKEN, UNFINISHED_EXPIRY, CorrespondentRow, EventRow, ExpiredHistoryRow
from app.events import MESSAGES, Event, Kind
from app.events.data import ExpiredData
from app.services.administration.unfinished_entry import UnfinishedEntry
from app.services.retention.policies import RetentionDefaults
from app.services.retention.scopes import LogRange, RangeWalk

MAX_STEP_EVENTS = 16  # removing them takes two to six milliseconds
MAX_STEP_CHARACTERS = 8_192  # of text: removing it from the index takes some milliseconds
MAX_STEP_RANGES = 10  # looked at in a step that finds nothing

_log = EventRow.__table__.c
_RECORD = text(
    """
    INSERT INTO expired_history (scope, position, at, events) VALUES (:scope, :position, :at, :events)
    ON CONFLICT (scope) DO UPDATE SET
        position = CASE WHEN excluded.at < expired_history.at THEN expired_history.position
            ELSE excluded.position END,
        at = CASE WHEN excluded.at < expired_history.at THEN expired_history.at ELSE excluded.at END,
        events = expired_history.events + excluded.events
    """
)


@dataclass(slots=True)
class RemovedCounts:
    """The numbers of messages and of other events that were, or would be, removed."""

    messages: int = 0
    others: int = 0

    @property
    def events(self) -> int:
        """The number of all events."""
        return self.messages + self.others

    def add(self, messages: int, others: int) -> None:
        """Add to the numbers."""
        self.messages += messages
        self.others += others


class ExpiryCounts:
    """What one pass removed, by room, and in private conversations."""

    def __init__(self) -> None:
        self.rooms: dict[int, RemovedCounts] = {}
        self.direct = RemovedCounts()
        self.conversations = 0
        self.entry: int | None = None  # id of the audit entry that has them

    def of(self, range_: LogRange) -> RemovedCounts:
        """Return the counts to which a range contributes."""
        return self.direct if range_.room is None else self.rooms.setdefault(range_.room, RemovedCounts())

    @property
    def events(self) -> int:
        """The number of all events."""
        return self.direct.events + sum(counts.events for counts in self.rooms.values())

    @property
    def totals(self) -> dict[str, int]:
        """The numbers that are recorded."""
        return {"events": self.events, "rooms": len(self.rooms), "conversations": self.conversations}


def make_expiry_event(counts: ExpiryCounts, by: str) -> Event:
    """Return the event that records a pass in the log and, by its projection, in the audit log."""
    data = ExpiredData(counts.events, len(counts.rooms), counts.conversations, counts.entry)
    return Event(Kind.EXPIRED, nick=by, data=data)


@dataclass(frozen=True, slots=True)
class ExpiryStep:
    """What one step removed: a number of events, all of one room or of a private conversation."""

    events: int = 0
    room: int | None = None


class ExpiryPass:
    """One pass over all rooms and conversations, which removes what has expired at its start.

    Policies are read in each step, so a hold takes effect immediately. `by` is the server or
    administrator whose pass it is.
    """

    def __init__(self, defaults: RetentionDefaults, now: int, by: str) -> None:
        self._defaults = defaults
        self._by = by
        self._entry = UnfinishedEntry(UNFINISHED_EXPIRY, by, now)
        self._now = now
        self._walk: RangeWalk | None = None
        self._range: LogRange | None = None  # from which the last step removed events
        self._is_new = False  # nothing was removed from this range before
        self.is_complete = False
        self.counts = ExpiryCounts()

    def step(self, connection: Connection) -> ExpiryStep:
        """Remove some events, or find out that some ranges have none. Requires the log's lock."""
        for _ in range(MAX_STEP_RANGES):
            range_ = self._range or self._next_range(connection)
            if range_ is None:
                break
            if removed := self._remove(connection, range_):
                self._save_entry(connection)
                self.counts.entry = self._entry.id
                return ExpiryStep(removed, range_.room)
        return ExpiryStep()

    def _save_entry(self, connection: Connection) -> None:
        present = {name: value for name, value in self.counts.totals.items() if value}
        self._entry.save(connection, {"by": self._by, **present})

    def _next_range(self, connection: Connection) -> LogRange | None:
        if self._walk is None:
            self._walk = RangeWalk(connection, self._defaults)
        found = self._walk.next(connection)
        self.is_complete, self._is_new = found is None, True
        return found

    def _remove(self, connection: Connection, range_: LogRange) -> int:
        """Remove the oldest expired events of a range, as many as a step may; return how many."""
        self._range = None
        cutoff = range_.find_cutoff(connection, self._defaults, self._now)
        if cutoff is None:
            return 0
        rows = _limit_text(connection.execute(expired(range_, cutoff).limit(MAX_STEP_EVENTS)).all())
        if rows:
            self._count(range_, rows)
            self._range = range_
            _remove_rows(connection, range_, rows)
        return len(rows)

    def _count(self, range_: LogRange, rows: Sequence[Row[Any]]) -> None:
        messages = sum(row.kind in MESSAGES for row in rows)
        self.counts.of(range_).add(messages, len(rows) - messages)
        self.counts.conversations += self._is_new and range_.room is None
        self._is_new = False


def expired(range_: LogRange, cutoff: int) -> Select[Any]:
    """Return the query for the expired events of a range, oldest first."""
    length = func.coalesce(func.length(_log.text), 0).label("length")
    query = select(_log.id, _log.at, _log.kind, length).where(*_conditions(range_, cutoff))
    return query.order_by(_log.at, _log.id)


def _conditions(range_: LogRange, cutoff: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of expired events. The last event stays, to number the next one."""
    last = select(func.max(EventRow.id)).scalar_subquery()
    return range_.condition, _log.at < cutoff, _log.id < last


def count_expired(connection: Connection, range_: LogRange, cutoff: int) -> tuple[int, int]:
    """Return the numbers of messages and of other events before a cutoff."""
    messages = func.coalesce(func.sum(case((SPOKEN, 1), else_=0)), 0)
    query = select(func.count(), messages).select_from(EventRow)
    events, spoken = connection.execute(query.where(*_conditions(range_, cutoff))).one()
    return int(spoken), events - int(spoken)


def _limit_text(rows: Sequence[Row[Any]]) -> Sequence[Row[Any]]:
    """Return the first rows, at least one, whose text together is not too long for a step."""
    lengths = accumulate(row.length for row in rows)
    fitting = sum(length <= MAX_STEP_CHARACTERS for length in lengths)
    return rows[: max(fitting, 1)]


def _remove_rows(connection: Connection, range_: LogRange, rows: Sequence[Row[Any]]) -> None:
    ids = [row.id for row in rows]
    if messages := [row.id for row in rows if row.kind in MESSAGES]:
        fulltext_of(connection).remove(connection, messages)
    remove_events(connection, ids)
    if range_.room is None and not _has_events(connection, range_):
        _forget_conversation(connection, range_.scope)
        return
    last = rows[-1]
    values = {"scope": range_.scope, "position": last.id, "at": last.at, "events": len(rows)}
    connection.execute(_RECORD, values)


def _has_events(connection: Connection, range_: LogRange) -> bool:
    return connection.scalar(select(_log.id).where(range_.condition).limit(1)) is not None


def _forget_conversation(connection: Connection, key: str) -> None:
    """Delete what shows that two parties had a private conversation, of which nothing is left."""
    is_conversation = and_(CorrespondentRow.party.in_(key.split(" ")), CorrespondentRow.conversation == key)
    connection.execute(delete(CorrespondentRow).where(is_conversation))
    connection.execute(delete(ExpiredHistoryRow).where(ExpiredHistoryRow.scope == key))
