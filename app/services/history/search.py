"""Full-text search for messages by words, sender and time, within a scope that a party may read.

Words match as substrings, regardless of case, width and composition (`app.wire.names.caseless`). A
message must contain all words of the query, in any order; a quoted phrase counts as one word. Words
of three characters or more are looked up in the full-text index (`app.db.fulltext`). Shorter words,
which are common in Chinese, and queries without words scan the latest messages of each room and
conversation in scope.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from app.db.fulltext import Fulltext, fulltext_of, has_trigram
from app.db.log import from_row
from app.db.models import SPOKEN, AccountRow, CorrespondentRow, EventRow, FormerNameRow
from app.events import Event
from app.services.history.source import HistoryCursor
from app.wire.names import fold

MAX_SCANNED_MESSAGES = 50_000  # without the index, divided between the rooms and conversations
MAX_SECONDS = 5.0  # for one search on SQLite, for each of its queries on PostgreSQL
_log = EventRow.__table__.c
_WORDS = re.compile(r'"([^"]+)"|(\S+)')


@dataclass(frozen=True, slots=True)
class SearchScope:
    """The rooms and private conversations to search.

    None means all rooms, or all conversations; `party` adds all conversations of a party.
    `visible` maps rooms with restricted history to their first readable position
    (`visibility.find_first_visible`).
    """

    rooms: tuple[int, ...] | None = ()
    conversations: tuple[str, ...] | None = ()
    party: str | None = None
    visible: Mapping[int, HistoryCursor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """The search criteria. `sender` is a nick or an account; `since` and `until` are inclusive."""

    text: str = ""
    sender: str | None = None
    since: int | None = None
    until: int | None = None
    newest: bool = True  # search from the newest message backwards, else from the oldest

    def words(self) -> list[str]:
        """Return the distinct words and quoted phrases of the text."""
        return list(dict.fromkeys(quoted or bare for quoted, bare in _WORDS.findall(self.text)))


def search(session: Session, scope: SearchScope, criteria: SearchQuery, limit: int) -> list[Event]:
    """Return at most `limit` matching messages, in log order.

    If more match, those nearest to the start of the search are returned.

    Raises: SearchTookTooLong when the words are so frequent outside the scope that the search
        exceeds its time limit.
    """
    return [from_row(row) for row in search_rows(session, scope, criteria, limit)]


def search_rows(session: Session, scope: SearchScope, criteria: SearchQuery, limit: int) -> list[Any]:
    """Search like `search`, but return rows of the log.

    Raises: SearchTookTooLong.
    """
    connection = session.connection()
    fulltext = fulltext_of(connection)
    with fulltext.time_limited(connection, MAX_SECONDS):
        statements = queries(fulltext, scope, criteria)
        found = {row.id: row for query in statements for row in session.execute(query.limit(limit))}
    order = sorted(found, reverse=criteria.newest)[:limit]
    return [found[position] for position in sorted(order)]


def queries(fulltext: Fulltext, scope: SearchScope, criteria: SearchQuery) -> Iterator[Select[Any]]:
    """Yield the queries on the index or, if no word is long enough, on each part of the scope."""
    indexed = list(filter(has_trigram, criteria.words()))
    if indexed:
        for query in fulltext.candidates(indexed, criteria.newest):
            yield query.where(_in_scope(fulltext, scope), *_conditions(fulltext, criteria, _log))
        return
    parts = list(_scope_parts(fulltext, scope))
    for part, order in parts:
        scanned = _recent_messages(part, order, criteria, MAX_SCANNED_MESSAGES // len(parts)).subquery()
        found = select(scanned).where(*_conditions(fulltext, criteria, scanned.c))
        yield found.order_by(scanned.c.id.desc() if criteria.newest else scanned.c.id)


def _conditions(
    fulltext: Fulltext, criteria: SearchQuery, columns: ReadOnlyColumnCollection[str, Any]
) -> Iterator[ColumnElement[bool]]:
    yield columns.text != ""
    if criteria.since is not None:
        yield fulltext.without_index(columns.at) >= criteria.since
    if criteria.until is not None:
        yield fulltext.without_index(columns.at) <= criteria.until
    if criteria.sender is not None:
        yield or_(
            *(fulltext.name_equals(column, criteria.sender) for column in (columns.nick, columns.account)),
            _is_former_name(criteria.sender, columns),
        )
    for word in criteria.words():
        yield fulltext.contains(columns.text, word)


def _is_former_name(sender: str, columns: ReadOnlyColumnCollection[str, Any]) -> ColumnElement[bool]:
    """Return the condition that the account of a row now has the sender's name."""
    is_of_sender = and_(FormerNameRow.account_id == AccountRow.id, AccountRow.key == fold(sender))
    is_of_row = and_(FormerNameRow.name == columns.account, FormerNameRow.until >= columns.id)
    return exists().where(is_of_sender, is_of_row)


def _in_scope(fulltext: Fulltext, scope: SearchScope) -> ColumnElement[bool]:
    room, conversation = fulltext.without_index(_log.room_id), fulltext.without_index(_log.conversation)
    unrestricted = [number for number in scope.rooms or () if number not in scope.visible]
    return or_(
        room.is_not(None) if scope.rooms is None else room.in_(unrestricted),
        *(and_(room == number, _is_visible(fulltext, first)) for number, first in scope.visible.items()),
        conversation.is_not(None) if scope.conversations is None else conversation.in_(scope.conversations),
        conversation.in_(_conversations_of(scope.party)) if scope.party else false(),
    )


def _is_visible(fulltext: Fulltext, first: HistoryCursor) -> ColumnElement[bool]:
    position = first.position
    return and_(fulltext.without_index(_log.at) >= first.at, fulltext.without_index(_log.id) >= position)


def _scope_parts(
    fulltext: Fulltext, scope: SearchScope
) -> Iterator[tuple[ColumnElement[bool], ColumnElement[int]]]:
    """Yield the condition of each part of the scope, and the column by which an index orders it."""
    if scope.rooms is None:
        yield _log.room_id.is_not(None), _log.id
    for room in scope.rooms or ():
        in_room = _log.room_id == room
        first = scope.visible.get(room)
        yield in_room if first is None else and_(in_room, _is_visible(fulltext, first)), _log.at
    if scope.conversations is None:
        yield _log.conversation.is_not(None), _log.id
    for conversation in scope.conversations or ():
        yield _log.conversation == conversation, _log.at
    if scope.party:
        yield _log.conversation.in_(_conversations_of(scope.party)), _log.at


def _conversations_of(party: str) -> Select[str]:
    return select(CorrespondentRow.conversation).where(CorrespondentRow.party == party)


def _recent_messages(
    part: ColumnElement[bool], order: ColumnElement[int], criteria: SearchQuery, limit: int
) -> Select[Any]:
    """Return the query for the messages of a part that are nearest to the start of the search."""
    query = select(EventRow.__table__).where(part, SPOKEN, _log.text != "")
    if criteria.since is not None:
        query = query.where(_log.at >= criteria.since)
    if criteria.until is not None:
        query = query.where(_log.at <= criteria.until)
    return query.order_by(order.desc() if criteria.newest else order).limit(limit)
