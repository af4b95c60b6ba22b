"""Search: what was said, found by its words, by who said it and when, and only where the asker may read.

A word is found in any case and also inside a longer one; all words asked for must be there, in any order, and
what stands between quotation marks is one word. Words of three letters or more are looked up in the index of
texts (`app.db.fulltext`), however long the log is. For shorter ones, which are words in Chinese, and when no
words are asked for, the last messages of each place are read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from app.db.fulltext import TRIGRAM, Fulltext, fulltext_of
from app.db.log import from_row
from app.db.models import SPOKEN, CorrespondentRow, EventRow
from app.events import Event
from app.services.pages import HistoryCursor

MAX_SCANNED_MESSAGES = (
    50_000  # messages that are read when the index is of no use, a part of them in each place
)
MAX_SECONDS = 5.0  # that one search takes, or each of its questions to PostgreSQL
_log = EventRow.__table__.c
_WORDS = re.compile(r'"([^"]+)"|(\S+)')


@dataclass(frozen=True, slots=True)
class SearchScope:
    """Where the asker may read, or chose to look of that. What it does not name is not found.

    None is every room, or every private conversation, there is; `party` stands for all of that party's. `visible`
    has the rooms of which only what follows a place may be read (`visibility.first_visible`).
    """

    rooms: tuple[int, ...] | None = ()
    conversations: tuple[str, ...] | None = ()
    party: str | None = None
    visible: Mapping[int, HistoryCursor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What is looked for. `sender` is a nick or an account; the instants are part of what they bound."""

    text: str = ""
    sender: str | None = None
    since: int | None = None
    until: int | None = None
    newest: bool = True  # where the search begins: with the newest messages, or else with the oldest

    def words(self) -> list[str]:
        """Return what must be in the text, each once."""
        return list(dict.fromkeys(quoted or bare for quoted, bare in _WORDS.findall(self.text)))


def search(session: Session, scope: SearchScope, question: SearchQuery, limit: int) -> list[Event]:
    """Return up to so many messages that answer the question, in the order of the log.

    If there are more, those are left out that are furthest from where the search begins.

    Raises: SearchTookTooLong, if what is looked for is so frequent elsewhere that too much had to be read.
    """
    return [from_row(row) for row in search_rows(session, scope, question, limit)]


def search_rows(session: Session, scope: SearchScope, question: SearchQuery, limit: int) -> list[Any]:
    """Return the same as rows of the log.

    Raises: SearchTookTooLong.
    """
    connection = session.connection()
    fulltext = fulltext_of(connection)
    with fulltext.time_limited(connection, MAX_SECONDS):
        asked = queries(fulltext, scope, question)
        found = {row.id: row for query in asked for row in session.execute(query.limit(limit))}
    order = sorted(found, reverse=question.newest)[:limit]
    return [found[position] for position in sorted(order)]


def queries(fulltext: Fulltext, scope: SearchScope, question: SearchQuery) -> Iterator[Select[Any]]:
    """Yield the queries of the index, or those that read through each place."""
    indexed = [word for word in question.words() if len(word) >= TRIGRAM]
    if indexed:
        for query in fulltext.candidates(indexed, question.newest):
            yield query.where(_in_scope(fulltext, scope), *_conditions(fulltext, question, _log))
        return
    places = list(_places(fulltext, scope))
    for place, order in places:
        read = _recent_messages(place, order, question, MAX_SCANNED_MESSAGES // len(places)).subquery()
        found = select(read).where(*_conditions(fulltext, question, read.c))
        yield found.order_by(read.c.id.desc() if question.newest else read.c.id)


def _conditions(
    fulltext: Fulltext, question: SearchQuery, columns: ReadOnlyColumnCollection[str, Any]
) -> Iterator[ColumnElement[bool]]:
    yield columns.text != ""
    if question.since is not None:
        yield fulltext.without_index(columns.at) >= question.since
    if question.until is not None:
        yield fulltext.without_index(columns.at) <= question.until
    if question.sender is not None:
        yield or_(
            *(fulltext.name_equals(column, question.sender) for column in (columns.nick, columns.account))
        )
    for word in question.words():
        yield fulltext.contains(columns.text, word)


def _in_scope(fulltext: Fulltext, scope: SearchScope) -> ColumnElement[bool]:
    """Return the condition that a row is within reach."""
    room, conversation = fulltext.without_index(_log.room_id), fulltext.without_index(_log.conversation)
    shown = [number for number in scope.rooms or () if number not in scope.visible]
    return or_(
        room.is_not(None) if scope.rooms is None else room.in_(shown),
        *(and_(room == number, _is_visible(fulltext, mark)) for number, mark in scope.visible.items()),
        conversation.is_not(None) if scope.conversations is None else conversation.in_(scope.conversations),
        conversation.in_(_conversations_of(scope.party)) if scope.party else false(),
    )


def _is_visible(fulltext: Fulltext, first: HistoryCursor) -> ColumnElement[bool]:
    """Return the condition that a row does not come before what may be seen."""
    position = first.position
    return and_(fulltext.without_index(_log.at) >= first.at, fulltext.without_index(_log.id) >= position)


def _places(
    fulltext: Fulltext, scope: SearchScope
) -> Iterator[tuple[ColumnElement[bool], ColumnElement[int]]]:
    """Yield a condition for each place within reach, and the column in whose order an index has its rows."""
    if scope.rooms is None:
        yield _log.room_id.is_not(None), _log.id
    for room in scope.rooms or ():
        here = _log.room_id == room
        first = scope.visible.get(room)
        yield here if first is None else and_(here, _is_visible(fulltext, first)), _log.at
    if scope.conversations is None:
        yield _log.conversation.is_not(None), _log.id
    for conversation in scope.conversations or ():
        yield _log.conversation == conversation, _log.at
    if scope.party:
        yield _log.conversation.in_(_conversations_of(scope.party)), _log.at


def _conversations_of(party: str) -> Select[str]:
    return select(CorrespondentRow.conversation).where(CorrespondentRow.party == party)


def _recent_messages(
    place: ColumnElement[bool], order: ColumnElement[int], question: SearchQuery, most: int
) -> Select[Any]:
    """Return the query of so many messages of a place, from where the search begins."""
    query = select(EventRow.__table__).where(place, SPOKEN, _log.text != "")
    if question.since is not None:
        query = query.where(_log.at >= question.since)
    if question.until is not None:
        query = query.where(_log.at <= question.until)
    return query.order_by(order.desc() if question.newest else order).limit(most)
