"""Rooms and partners in private conversations, by their latest message (CHATHISTORY TARGETS)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import ColumnElement, ScalarSelect, select
from sqlalchemy.orm import Session

from app.db.models import CorrespondentRow, EventRow, RoomRow
from app.services.history.pages import END, Page, cut_page
from app.services.history.source import IS_MESSAGE, HistoryCursor

_table = EventRow.__table__
NOTHING_HIDDEN: Mapping[int, HistoryCursor] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ConversationTarget:
    """A room, or a partner in private conversations, with the time of its latest message."""

    name: str
    at: int


def list_targets(
    session: Session,
    rooms: Mapping[int, str],
    party: str,
    limit: int,
    first: int,
    last: int,
    visible: Mapping[int, HistoryCursor] = NOTHING_HIDDEN,
    end: int = END,
) -> Page[ConversationTarget]:
    """Return the rooms and partners whose latest message lies between two instants, exclusive.

    `visible` maps rooms with restricted history to their first visible position. Targets are
    ordered oldest first; if there are too many, those nearest to the instant `first` are returned.
    Messages after the position `end` do not count: the caller receives them live.
    """
    low, high = sorted((first, last))
    targets = [
        *_list_room_targets(session, rooms, visible, end),
        *_list_partner_targets(session, party, low, end),
    ]
    matching = sorted(
        (target for target in targets if low < target.at < high), key=lambda target: (target.at, target.name)
    )
    return cut_page(matching, limit, newest=first > last)


def _list_room_targets(
    session: Session, rooms: Mapping[int, str], visible: Mapping[int, HistoryCursor], end: int
) -> Iterator[ConversationTarget]:
    last_at = _last_message_at(_table.c.room_id == RoomRow.id, end)
    query = select(RoomRow.id, last_at).where(RoomRow.id.in_(rooms))
    for room, at in session.execute(query):
        if at is not None and (room not in visible or at >= visible[room].at):
            yield ConversationTarget(rooms[room], at)


def _list_partner_targets(session: Session, party: str, since: int, end: int) -> Iterator[ConversationTarget]:
    """Yield a party's partners, each name once.

    `CorrespondentRow.last_at` cannot be used, because the latest event need not be a message.
    """
    last_at = _last_message_at(_table.c.conversation == CorrespondentRow.conversation, end)
    query = select(CorrespondentRow.name, CorrespondentRow.key, last_at)
    query = query.where(CorrespondentRow.party == party, CorrespondentRow.last_at > since)
    latest: dict[str, ConversationTarget] = {}
    for name, key, at in session.execute(query):
        if at is not None and (key not in latest or latest[key].at < at):
            latest[key] = ConversationTarget(name, at)
    yield from latest.values()


def _last_message_at(condition: ColumnElement[bool], end: int) -> ScalarSelect[int]:
    """Return a subquery for the time of the latest message up to a position, on a condition.

    Adding 0 makes the planner use the index that provides the order.
    """
    return (
        select(_table.c.at)
        .where(condition, IS_MESSAGE, _table.c.id + 0 <= end)
        .order_by(_table.c.at.desc())
        .limit(1)
        .scalar_subquery()
    )
