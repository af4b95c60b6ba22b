"""Reads history from the log, in order and in constant memory.

The log is read in pages, each in its own short transaction, so a long export does not block
writers. Events appended after the start are not included.
"""

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from app.db.database import Database
from app.db.log import get_last_id
from app.db.models import EventRow, RoomRow
from app.events import MESSAGES
from app.services.accounts.accounts import find_account
from app.services.accounts.names import list_former_names
from app.services.history.entry import HistoryEntry, make_entry
from app.services.history.ranges import QueryRange, SelectedRanges
from app.services.history.search import SearchQuery, SearchScope, search_rows
from app.services.history.selection import HistorySelection
from app.wire.names import Key, fold

PAGE_ROWS = 2_000  # rows read at a time


class History:
    """Reads a selection of the history, as of the creation of this object."""

    def __init__(self, database: Database, selection: HistorySelection) -> None:
        self._database = database
        self._selection = selection
        with database.reading() as session:
            self._rooms = {row.id: row.name for row in session.execute(select(RoomRow.id, RoomRow.name))}
            self._conversation_names: dict[str, str] = {}
            self.end = get_last_id(session.connection())  # log position of the last event included
            self._former_names = _former_names(session, selection.user)
        self.ranges = SelectedRanges(selection, self.end)

    def count(self) -> int:
        """Return the number of rows to read, including rows that yield no entry."""
        with self._database.reading() as session:
            return sum(session.scalar(range_.count()) or 0 for range_ in self.ranges.all())

    def entries(self, by_room: bool = False) -> Iterator[HistoryEntry]:
        """Yield every entry, oldest first: in log order or, with `by_room`, grouped by room."""
        if not by_room:
            yield from self._merged(self.ranges.all())
            return
        for room in self._rooms_by_name():
            yield from self._merged(self.ranges.in_room(room))
        for conversation in self._conversations():
            yield from self._merged([self.ranges.in_conversation(conversation)])

    def latest(self, limit: int) -> list[HistoryEntry]:
        """Return the newest `limit` entries, oldest first."""
        return list(islice(self._merged(self.ranges.all(), backwards=True), limit))[::-1]

    def search(self, words: str, limit: int) -> list[HistoryEntry]:
        """Return the newest `limit` messages of the selection that match the words, oldest first.

        Raises: SearchTookTooLong.
        """
        selection = self._selection
        scope = SearchScope(selection.rooms, None if selection.direct else ())
        criteria = SearchQuery(words, selection.user, selection.since, selection.until)
        with self._database.reading() as session:
            return [self._entry(row) for row in search_rows(session, scope, criteria, limit)]

    def _rooms_by_name(self) -> list[int]:
        rooms = self._rooms if self._selection.rooms is None else self._selection.rooms
        return sorted(rooms, key=lambda room: fold(self._rooms[room]))

    def _conversations(self) -> list[str]:
        """Return the selected private conversations, ordered by their first message."""
        if not self._selection.direct:
            return []
        with self._database.reading() as session:
            return [
                conversation for conversation in session.scalars(self.ranges.conversations()) if conversation
            ]

    def _merged(self, ranges: Sequence[QueryRange], backwards: bool = False) -> Iterator[HistoryEntry]:
        """Yield the merged entries of ranges that have the same order."""
        rows = (self._rows(range_, backwards) for range_ in ranges)
        for row in merge(*rows, key=ranges[0].sort_key, reverse=backwards):
            if self._yields_entry(row):
                yield self._entry(row)

    def _rows(self, range_: QueryRange, backwards: bool) -> Iterator[Row[Any]]:
        last: Row[Any] | None = None
        while True:
            with self._database.reading() as session:
                rows = session.execute(range_.after(last, backwards).limit(PAGE_ROWS)).all()
            yield from rows
            if len(rows) < PAGE_ROWS:
                return
            last = rows[-1]

    def _yields_entry(self, row: Row[Any]) -> bool:
        """Return whether the row matches the selected user and is not a redacted message."""
        if row.kind in MESSAGES and not row.text:
            return False
        user = self._selection.user
        return user is None or user in _participants(row) or self._is_by_former_name(row)

    def _is_by_former_name(self, row: Row[Any]) -> bool:
        """Return whether the selected user had the name of the row's account at the time."""
        names = self._former_names
        return bool(names) and any(row.id <= until and fold(row.account or "") == key for key, until in names)

    def _entry(self, row: Row[Any]) -> HistoryEntry:
        room = None if row.room_id is None else self._rooms.get(row.room_id, f"#{row.room_id}")
        return make_entry(row, room, room or self._conversation_name(row))

    def _conversation_name(self, row: Row[Any]) -> str:
        """Return the name of a conversation: both nicks, from the first message read."""
        name = " and ".join(sorted((row.nick, row.target or "?"), key=fold))
        return self._conversation_names.setdefault(row.conversation, name)


def _former_names(session: Session, user: Key | None) -> Sequence[tuple[Key, int]]:
    return () if user is None else list_former_names(session, user)


def _participants(row: Row[Any]) -> set[Key]:
    """Return the author's nick and account and, for a private message, the recipient's nick."""
    names = [row.nick, row.account, None if row.room_id else row.target]
    return {fold(name) for name in names if name}


def is_known_name(session: Session, name: str) -> bool:
    """Return whether an account has the name or the log contains it as a nick."""
    key = fold(name)
    if find_account(session, key) is not None:
        return True
    return any(fold(nick) == key for nick in session.scalars(select(EventRow.nick).distinct()))
