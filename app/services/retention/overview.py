"""What administrators see of retention: the policies, and what has expired."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import Clock, to_datetime_or_none
from app.db.models import ExpiredHistoryRow, RoomRetentionRow, RoomRow
from app.services.retention.administration import RetentionTarget
from app.services.retention.expiry import RemovedCounts, count_expired
from app.services.retention.policies import RetentionDefaults, RoomPolicy, find_policy
from app.services.retention.scopes import list_room_ranges, room_scope

ALL_ROOMS, DIRECT = "rooms", "private messages"


@dataclass(frozen=True, slots=True)
class RetentionSummary:
    """How long a history is kept: a room's, or by default.

    `days` 0 means forever; `source` is `settings` or `room`.
    """

    history: str
    days: int
    source: str
    hold: str | None
    removed: int | None  # events so far; None for the defaults
    begins: datetime | None  # time of the last event that was removed


def list_policies(session: Session, defaults: RetentionDefaults) -> list[RetentionSummary]:
    """Return the defaults, then every room that has a policy or a hold, also if it was deleted."""
    return [
        _default(ALL_ROOMS, defaults.room_days),
        _default(DIRECT, defaults.direct_days),
        *sorted(_list_rooms(session, defaults), key=lambda summary: summary.history),
    ]


def _default(history: str, days: int) -> RetentionSummary:
    return RetentionSummary(history, days, "settings", None, None, None)


def _list_rooms(session: Session, defaults: RetentionDefaults) -> Iterator[RetentionSummary]:
    query = select(RoomRetentionRow, RoomRow.name).outerjoin(RoomRow, RoomRow.id == RoomRetentionRow.room_id)
    for row, current in session.execute(query):
        name = current or f"{row.name} (deleted)"
        yield _summarise(session, name, row.room_id, defaults)


def get_summary(session: Session, target: RetentionTarget, defaults: RetentionDefaults) -> RetentionSummary:
    """Return how long the history of a room is kept."""
    return _summarise(session, target.name, target.room, defaults)


def _summarise(session: Session, name: str, room: int, defaults: RetentionDefaults) -> RetentionSummary:
    policy = find_policy(session.connection(), room)
    expired = session.get(ExpiredHistoryRow, room_scope(room))
    return RetentionSummary(
        history=name,
        days=policy.effective_days(defaults),
        source="settings" if policy.days is None else "room",
        hold=policy.hold,
        removed=expired.events if expired else 0,
        begins=to_datetime_or_none(expired.at if expired else None),
    )


def count_expired_in_room(
    session: Session, clock: Clock, room: int, policy: RoomPolicy, defaults: RetentionDefaults
) -> RemovedCounts:
    """Return what would be removed from a room if it had a policy."""
    counts, cutoff = RemovedCounts(), policy.cutoff(defaults, clock.now())
    for range_ in list_room_ranges(room) if cutoff is not None else ():
        counts.add(*count_expired(session.connection(), range_, cutoff or 0))
    return counts
