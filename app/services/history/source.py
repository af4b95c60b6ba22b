"""The sources of pages of history, the cursors in them, and the queries of a source.

Every query reads a range of one index from one end until the page is full, so its cost does not
depend on the size of the room. Messages and other events in rooms have separate indexes, so a
million joins between two messages do not slow down a page of messages.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, tuple_

from app.db.models import HAPPENED, SPOKEN, EventRow
from app.events import ROOM_EVENTS, Kind

_table = EventRow.__table__
IS_MESSAGE = and_(SPOKEN, _table.c.text != "")  # a redacted message has an empty text
PLAYBACK_KINDS = (Kind.TAGMSG, *ROOM_EVENTS)  # besides messages


@dataclass(frozen=True, slots=True)
class HistoryCursor:
    """A point in a history: a time in milliseconds and, if known, a log position."""

    at: int
    id: int | None = None

    @property
    def position(self) -> int:
        """The log position, or 0 if it is unknown."""
        return self.id or 0

    def before(self) -> "HistoryCursor":
        """Return the cursor just before this one; as an exclusive bound, it includes this one."""
        return HistoryCursor(self.at - 1) if self.id is None else HistoryCursor(self.at, self.id - 1)


@dataclass(frozen=True, slots=True)
class HistorySource:
    """The source of a page: a room, or the private conversations with a partner.

    `extra` lists kinds of events to return besides messages. Events before `first` are hidden
    (`visibility.find_first_visible`). Those after the position `last` are left out, because the
    server has not delivered them yet: the caller receives them live.
    """

    room: int | None = None
    conversations: tuple[str, ...] = ()
    extra: tuple[Kind, ...] = ()
    first: HistoryCursor | None = None
    last: int | None = None


def range_queries(
    source: HistorySource, low: HistoryCursor | None, high: HistoryCursor | None, newest: bool
) -> Iterator[Select[Any]]:
    """Yield the queries for the parts of the source; each reads a range of one index."""
    order = [_table.c.at.desc(), _table.c.id.desc()] if newest else [_table.c.at, _table.c.id]
    for part in _parts(source):
        yield select(_table).where(part, *_bounds(low, high), *_visible(source)).order_by(*order)


def _parts(source: HistorySource) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions for the room's messages, its other events, and each conversation."""
    kinds = [kind.value for kind in source.extra]
    has_content = or_(_table.c.kind != Kind.TAGMSG.value, func.coalesce(_table.c.text, "tags") != "")
    is_extra = and_(_table.c.kind.in_(kinds), has_content)
    if source.room is not None:
        yield and_(_table.c.room_id == source.room, IS_MESSAGE)
        if kinds:
            yield and_(_table.c.room_id == source.room, HAPPENED, is_extra)
    for conversation in source.conversations:
        yield and_(_table.c.conversation == conversation, or_(is_extra, IS_MESSAGE) if kinds else IS_MESSAGE)


def _bounds(low: HistoryCursor | None, high: HistoryCursor | None) -> Iterator[ColumnElement[bool]]:
    at, cursor = _table.c.at, tuple_(_table.c.at, _table.c.id)
    if low is not None:
        yield at > low.at if low.id is None else cursor > (low.at, low.id)
    if high is not None:
        yield at < high.at if high.id is None else cursor < (high.at, high.id)


def _visible(source: HistorySource) -> Iterator[ColumnElement[bool]]:
    """Yield the conditions that exclude hidden history.

    Adding 0 makes the planner use the index that provides the order.
    """
    if source.first is not None:
        yield _table.c.at >= source.first.at
        yield _table.c.id + 0 >= source.first.position
    if source.last is not None:
        yield _table.c.id + 0 <= source.last
