"""The log: a totally ordered table of events, appended to under one lock.

Ids are contiguous. They are assigned inside the transaction that holds the log's lock, so ids are
in commit order on every database.

`at` is the wall-clock time, moved forward by as many milliseconds as necessary to make it strictly
increasing within each *scope*: a room, or all private conversations of a party. A time therefore
identifies one event of a history, even of a history that merges several conversations, so paging
by time neither skips nor repeats events.

If a connection to PostgreSQL is lost during COMMIT, the outcome is unknown: the database may have
committed before its answer was lost. Each batch therefore has a random token in its first row,
which is looked up before the batch is appended again. A COMMIT that fails on SQLite leaves the
transaction open on the same connection, which rolls it back. There the token shows whether a batch
was saved when the files of the database were lost after the commit.

The hash chain covers each batch as it is appended, once it has caught up with older events
(`app.db.chain`).
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Row, bindparam, func, select

from app.clock import Clock
from app.db import models
from app.db.chain.digests import EventValues, canonical_json
from app.db.chain.head import ChainHead
from app.db.chain.links import find_digest
from app.db.insertion import insert_marked_rows
from app.db.log_page import read_after
from app.events import Event, Kind
from app.events.data import MessageData, RedactedData, from_json, to_json

MAX_CACHED_SCOPES = 100_000  # scopes whose last instant is kept in memory
CATCH_UP_ROWS = 5_000  # read per query

_table = models.EventRow.__table__
COLUMNS = tuple(_table.columns.keys())
_correspondent = models.CorrespondentRow.__table__
_LAST_ID = select(func.max(_table.c.id))
_FIND_BATCH = select(_table.c.batch).where(_table.c.id == bindparam("first_id"))
_latest = select(func.max(_table.c.at))
_in_room = _table.c.room_id == bindparam("room")
_LAST_IN_ROOM = (  # each uses an index
    _latest.where(_in_room, models.SPOKEN),
    _latest.where(_in_room, models.HAPPENED),
    _latest.where(_table.c.conversation == bindparam("operators")),
)
_LAST_OF_PARTY = select(func.max(_correspondent.c.last_at)).where(
    _correspondent.c.party == bindparam("party")
)
Scope = int | str  # a room id, or a party to private conversations; instants are distinct within it


class Log:
    """Appends events and reads those appended by other processes. Belongs to one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last_at: dict[Scope, int] = {}
        self._chain = ChainHead(clock)
        self._batch: tuple[int, str] | None = None  # the first id and the token of the last append
        self.last_id = 0

    def append(self, connection: Connection, events: Sequence[Event]) -> None:
        """Assign ids and instants to the events and insert their rows. Requires the log's lock.

        `last_id` does not change until `mark_committed`, so after a rollback the same events can
        be appended again.
        """
        if len(self._last_at) >= MAX_CACHED_SCOPES:
            self._last_at.clear()
        now = self._clock.now()
        for number, event in enumerate(events, self.last_id + 1):
            event.id = number
            event.at = self._instant(connection, event, now)
        if events:
            rows = [to_row(event) for event in events]
            salted = self._chain.append(connection, self.last_id, rows)
            insert_marked_rows(connection, models.EventRow, COLUMNS, salted, self._new_batch())

    def _new_batch(self) -> str:
        token = self._clock.new_token()
        self._batch = (self.last_id + 1, token)
        return token

    def has_last_batch(self, connection: Connection) -> bool:
        """Return whether the last append was committed; True if there was none.

        Requires the log's lock: the transaction of the append held it, so it has ended. If it was
        committed, its events have the ids and instants that `append` assigned.
        """
        if self._batch is None:
            return True
        first_id, token = self._batch
        return connection.scalar(_FIND_BATCH, {"first_id": first_id}) == token

    def mark_committed(self, events: Sequence[Event]) -> None:
        """Advance `last_id` past events whose transaction was committed."""
        if events:
            self.last_id = events[-1].id
            self._chain.forget_before(self.last_id)

    def catch_up(self, connection: Connection) -> list[Event]:
        """Return the events after `last_id`, in order, and advance it."""
        events: list[Event] = []
        is_behind = True
        while is_behind:
            found, digest = read_after(connection, self.last_id, CATCH_UP_ROWS)
            if found:
                events += found
                self.last_id = found[-1].id
                self._chain.forget()
                self._chain.note(self.last_id, digest)
            is_behind = len(found) == CATCH_UP_ROWS
        self._note_instants(events)
        return events

    def _note_instants(self, events: Sequence[Event]) -> None:
        for event in events:
            for scope in _scopes(event):
                if event.is_imported:
                    self._last_at.pop(scope, None)
                else:
                    self._last_at[scope] = event.at

    def seek_to_end(self, connection: Connection) -> None:
        """Skip all events that are in the log now."""
        self.last_id = get_last_id(connection)
        self._chain.forget()

    def find_divergence(self, connection: Connection) -> str | None:
        """Return a sentence if the log lacks events up to `last_id`, or has other ones, else None.

        That can only happen on another database server, to which not everything was replicated.
        """
        end = get_last_id(connection)
        if end < self.last_id:
            return f"The log ends at event {end}, but event {self.last_id} was read from it."
        known = self._chain.find_known(self.last_id)
        if known is not None and find_digest(connection, self.last_id) != known:
            return f"The log up to event {self.last_id} differs from what was read from it."
        return None

    @property
    def is_chained(self) -> bool:
        """Whether the hash chain is known to reach `last_id`."""
        return self._chain.is_known(self.last_id)

    def find_chain(self, connection: Connection) -> bool:
        """Look up whether the hash chain reaches `last_id`, before the transaction appends."""
        return self._chain.find(connection, self.last_id) is not None

    def _instant(self, connection: Connection, event: Event, now: int) -> int:
        """Return the time of an event: now, or one millisecond after the last event of its scopes.

        Imported events keep their time, even if it precedes the creation of the room; the importer
        is responsible for their order.
        """
        scopes = _scopes(event)
        last = 0
        for scope in scopes:
            last = max(last, self._last(connection, scope))
        is_imported = event.data is not None and event.data.imported
        instant = event.at if is_imported else max(now, last + 1)
        for scope in scopes:
            self._last_at[scope] = max(instant, last)
        return instant

    def _last(self, connection: Connection, scope: Scope) -> int:
        if scope not in self._last_at:
            self._last_at[scope] = _find_last(connection, scope)
        return self._last_at[scope]


def _scopes(event: Event) -> Sequence[Scope]:
    """Return the scopes of an event: its room, or the two parties to its conversation."""
    if event.room is not None:
        return (event.room,)
    if isinstance(event.data, MessageData | RedactedData) and event.data.parties is not None:
        return event.data.parties
    if event.conversation is not None:  # with the operators of a room; part of its history
        return (int(event.conversation.removeprefix("o")),)
    return ()


def _find_last(connection: Connection, scope: Scope) -> int:
    """Return the last instant of a scope in the log, or 0."""
    if isinstance(scope, str):
        return connection.scalar(_LAST_OF_PARTY, {"party": scope}) or 0
    values = {"room": scope, "operators": f"o{scope}"}
    return max(connection.scalar(query, values) or 0 for query in _LAST_IN_ROOM)


def get_last_id(connection: Connection) -> int:
    """Return the id of the last event in the log, or 0 if it is empty."""
    return connection.scalar(_LAST_ID) or 0


def get_last_at(connection: Connection) -> int | None:
    """Return the time of the last event in the log, or None if it is empty."""
    return connection.scalar(select(_table.c.at).order_by(_table.c.id.desc()).limit(1))


def to_row(event: Event) -> EventValues:
    """Return the row of an event as the driver expects it: COLUMNS in order, up to `data`."""
    return (
        event.id,
        event.kind.value,
        event.at,
        event.room,
        event.conversation,
        event.session,
        event.nick,
        event.user,
        event.host,
        event.account,
        event.target,
        event.text,
        canonical_json(to_json(event.data)) if event.data is not None else None,
    )


def from_row(row: Row[tuple[object, ...]]) -> Event:
    """Return the event stored in a row of the log."""
    values = row._mapping
    kind = Kind(values["kind"])
    return Event(
        kind,
        room=values["room_id"],
        conversation=values["conversation"],
        session=values["session_id"],
        nick=values["nick"],
        user=values["user"],
        host=values["host"],
        account=values["account"],
        target=values["target"],
        text=values["text"],
        data=from_json(kind, values["data"]),
        id=values["id"],
        at=values["at"],
    )


def make_placeholder(event: Event) -> Event:
    """Return a VOID event with the id and time of an event that could not be stored."""
    return Event(Kind.VOID, id=event.id, at=event.at)
