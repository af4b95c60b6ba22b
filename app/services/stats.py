"""Database statistics and consistency checks."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Select, String, cast, func, literal, select, union_all
from sqlalchemy.orm import Session

from app.clock import to_datetime_or_none
from app.db.fulltext import fulltext_of, has_trigram
from app.db.log import get_last_id
from app.db.models import (
    SPOKEN,
    AccountRow,
    AuditRow,
    BanRow,
    EventRow,
    EventTombstoneRow,
    ExpiredHistoryRow,
    HashChainRow,
    RoomRow,
    SessionRow,
)
from app.events import MESSAGES, Kind

SAMPLE_ROWS = 200  # messages checked against the full-text index
MAX_PROBLEMS_SHOWN = 20  # per check


@dataclass(frozen=True, slots=True)
class Stats:
    """Row counts, and the times of the first and the last message."""

    accounts: int
    disabled_accounts: int
    rooms: int
    messages: int
    direct_messages: int
    events: int
    first_message: datetime | None
    last_message: datetime | None
    online: int
    sessions: int
    bans: int
    audit_entries: int


def collect_stats(orm: Session) -> Stats:
    """Return the statistics of the database."""
    first, last = orm.execute(select(func.min(EventRow.at), func.max(EventRow.at)).where(SPOKEN)).one()
    return Stats(
        accounts=count_accounts(orm),
        disabled_accounts=_count(orm, select(func.count(AccountRow.id)).where(AccountRow.disabled)),
        rooms=count_rooms(orm),
        messages=count_messages(orm),
        direct_messages=_count(
            orm, select(func.count(EventRow.id)).where(SPOKEN, EventRow.conversation.is_not(None))
        ),
        events=_count(orm, select(func.count(EventRow.id))),
        first_message=to_datetime_or_none(first),
        last_message=to_datetime_or_none(last),
        online=_count(orm, select(func.count(SessionRow.id)).where(SessionRow.disconnected.is_(None))),
        sessions=_count(orm, select(func.count(SessionRow.id))),
        bans=_count(orm, select(func.count(BanRow.id))),
        audit_entries=_count(orm, select(func.count(AuditRow.id))),
    )


def has_administrator(orm: Session) -> bool:
    """Return whether an account that can log in has the admin role."""
    query = select(AccountRow.id).where(AccountRow.role == "admin", ~AccountRow.disabled).limit(1)
    return orm.scalar(query) is not None


def count_accounts(orm: Session) -> int:
    """Return the number of accounts."""
    return _count(orm, select(func.count(AccountRow.id)))


def count_rooms(orm: Session) -> int:
    """Return the number of rooms."""
    return _count(orm, select(func.count(RoomRow.id)))


def count_messages(orm: Session) -> int:
    """Return the number of messages in rooms.

    A partial index covers the query, which takes about 50 ms per million messages.
    """
    return _count(orm, select(func.count()).where(SPOKEN, EventRow.room_id.is_not(None)))


def find_problems(orm: Session) -> list[str]:
    """Check the log and the tables; return a sentence for each problem."""
    return [*_find_gaps(orm), *_find_disorder(orm), *_find_orphans(orm), *_find_unindexed(orm)]


def _find_gaps(orm: Session) -> list[str]:
    """Check that the ids of the log are contiguous, except where events were removed."""
    stretches = union_all(
        select(EventRow.id.label("first"), EventRow.id.label("last")),
        select(EventTombstoneRow.event_id, EventTombstoneRow.event_id),
        _removed_batches(),
    ).subquery()
    previous = func.lag(stretches.c.last, 1, 0).over(order_by=stretches.c.first).label("previous")
    rows = select(stretches.c.first, previous).subquery()
    query = select(rows.c.previous, rows.c.first).where(rows.c.first != rows.c.previous + 1)
    return [
        f"The log has a gap between event {before} and event {after}."
        for before, after in orm.execute(query.limit(MAX_PROBLEMS_SHOWN))
    ]


def _removed_batches() -> Select[tuple[int, int]]:
    """Select the first and last ids of the batches of which no event is left."""
    previous = func.lag(HashChainRow.last_id, 1, 0).over(order_by=HashChainRow.last_id)
    links = select(
        (previous + 1).label("first"), HashChainRow.last_id.label("last"), HashChainRow.rows_digest
    ).subquery()
    return select(links.c.first, links.c.last).where(links.c.rows_digest.is_not(None))


def _find_disorder(orm: Session) -> list[str]:
    """Check that the times of the messages in a room strictly increase."""
    previous = (
        func.lag(EventRow.at).over(partition_by=EventRow.room_id, order_by=EventRow.id).label("previous")
    )
    is_message = EventRow.kind.in_(MESSAGES)
    rows = (
        select(EventRow.id, EventRow.at, previous).where(is_message, EventRow.room_id.is_not(None)).subquery()
    )
    query = select(rows.c.id).where(rows.c.at <= rows.c.previous).order_by(rows.c.id)
    return [
        f"Message {number} is not later than the message before it in its room."
        for number in orm.scalars(query.limit(MAX_PROBLEMS_SHOWN))
    ]


def _find_orphans(orm: Session) -> list[str]:
    """Check that the room of every event exists, or was deleted or has expired in part."""
    deleted = select(EventRow.room_id).where(
        EventRow.kind == Kind.DELETED.value, EventRow.room_id.is_not(None)
    )
    scope = literal("r").concat(cast(EventRow.room_id, String))  # `retention.scopes.room_scope`
    has_expired = scope.in_(select(ExpiredHistoryRow.scope))  # perhaps also the deletion
    query = (
        select(EventRow.room_id, func.count())
        .outerjoin(RoomRow, RoomRow.id == EventRow.room_id)
        .where(EventRow.room_id.is_not(None), RoomRow.id.is_(None), EventRow.room_id.not_in(deleted))
        .where(~has_expired)
        .group_by(EventRow.room_id)
    )
    return [
        f"{count} events belong to room {room}, which does not exist."
        for room, count in orm.execute(query.limit(MAX_PROBLEMS_SHOWN))
    ]


def _find_unindexed(orm: Session) -> list[str]:
    """Check that a sample of messages from the whole log is in the full-text index."""
    stride = max(1, get_last_id(orm.connection()) // SAMPLE_ROWS)
    sample = select(EventRow.id, EventRow.text).where(SPOKEN, EventRow.id % stride == 0)
    rows = orm.execute(sample.order_by(EventRow.id)).all()
    missing = (number for number, text in rows if not _is_indexed(orm, number, text or ""))
    return [
        f"Message {number} is missing from the full-text index; run chat-admin db reindex to rebuild it."
        for number in islice(missing, MAX_PROBLEMS_SHOWN)
    ]


def _is_indexed(orm: Session, event_id: int, text: str) -> bool:
    """Return whether a message can be looked up, or is too short for that."""
    if not has_trigram(text):
        return True
    candidates = fulltext_of(orm.connection()).candidates([text], newest=True)
    return any(orm.execute(query.where(EventRow.id == event_id).limit(1)).first() for query in candidates)


def _count(orm: Session, query: Select[Any]) -> int:
    return orm.scalar(query) or 0
