"""The parts of the log that expire together, and a walk through all of them.

A *scope* is the history of a room or of a private conversation. It consists of one or more ranges,
each of which an index provides in time order: the messages of a room, its other events, the
messages to its operators, or a private conversation.

The walk finds the rooms and conversations in these indexes, not in the tables: messages outlive
their room. Each step is one look-up, whatever the size of the log.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, TextClause, and_, select

from app.db.models import HAPPENED, SPOKEN, EventRow
from app.services.retention.policies import (
    FOREVER,
    RetentionDefaults,
    RoomPolicy,
    find_cutoff,
    find_policy,
    load_policies,
)

_log = EventRow.__table__.c
_OPERATORS = "o"  # first letter of the key of a conversation with the operators of a room


@dataclass(frozen=True, slots=True)
class LogRange:
    """Events of a scope, which one index provides in time order."""

    scope: str  # `r` and the id of a room, or the key of a private conversation
    room: int | None
    condition: ColumnElement[bool]

    def find_cutoff(self, connection: Connection, defaults: RetentionDefaults, now: int) -> int | None:
        """Return the instant before which the events have expired, or None if they are kept."""
        if self.room is None:
            return find_cutoff(defaults.direct_days, now)
        return find_policy(connection, self.room).cutoff(defaults, now)


def room_scope(room: int) -> str:
    """Return the name of a room's scope."""
    return f"r{room}"


def list_room_ranges(room: int) -> list[LogRange]:
    """Return all ranges of a room."""
    ranges = [_range_of_room(room, kinds) for kinds in (SPOKEN, HAPPENED)]
    return [*ranges, _range_of_conversation(f"{_OPERATORS}{room}")]


def _range_of_room(room: int, kinds: TextClause) -> LogRange:
    return LogRange(room_scope(room), room, and_(_log.room_id == room, kinds))


def _range_of_conversation(key: str) -> LogRange:
    condition = _log.conversation == key
    room_id = key.removeprefix(_OPERATORS)
    if room_id != key and room_id.isdigit():
        room = int(room_id)
        return LogRange(room_scope(room), room, condition)
    return LogRange(key, None, condition)


class RangeWalk:
    """All ranges that may have expired events, one at a time.

    The connection is given for each step, because each may be in another transaction.
    """

    def __init__(self, connection: Connection, defaults: RetentionDefaults) -> None:
        self._defaults = defaults
        self._connection = connection
        self._ranges = self._walk(load_policies(connection))

    def next(self, connection: Connection) -> LogRange | None:
        """Return the next range, or None at the end."""
        self._connection = connection
        return next(self._ranges, None)

    def _walk(self, policies: dict[int, RoomPolicy]) -> Iterator[LogRange]:
        limited = [room for room, policy in policies.items() if policy.days]
        for kinds in (SPOKEN, HAPPENED):
            for room in self._rooms(kinds) if self._defaults.room_days != FOREVER else limited:
                yield _range_of_room(room, kinds)
        for key in self._conversations(limited):
            yield _range_of_conversation(key)

    def _rooms(self, kinds: TextClause) -> Iterator[int]:
        query = select(_log.room_id).where(kinds, _log.room_id.is_not(None)).order_by(_log.room_id).limit(1)
        room = self._connection.scalar(query)
        while room is not None:
            yield room
            room = self._connection.scalar(query.where(_log.room_id > room))

    def _conversations(self, limited: Iterable[int]) -> Iterator[str]:
        if self._defaults.direct_days != FOREVER:
            return self._keys_after("")
        if self._defaults.room_days != FOREVER:
            return self._keys_after(_OPERATORS)
        return iter([f"{_OPERATORS}{room}" for room in limited])

    def _keys_after(self, prefix: str) -> Iterator[str]:
        query = select(_log.conversation).order_by(_log.conversation).limit(1)
        key = self._connection.scalar(query.where(_log.conversation > prefix))
        while key is not None and key.startswith(prefix):
            yield key
            key = self._connection.scalar(query.where(_log.conversation > key))
