"""Which part of a room's history somebody may read: all of it, or what followed their own coming (+H)."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, and_, func, select

from app.db.models import RoomRow, RoomVisitRow
from app.services.pages import HistoryCursor
from app.wire.modes import HIDDEN_HISTORY

NEVER = HistoryCursor(at=1 << 62, id=1 << 62)  # behind everything there will ever be


def find_first_visible(
    connection: Connection, rooms: Iterable[int], parties: Sequence[str]
) -> Mapping[int, HistoryCursor]:
    """Return the first place in the log that somebody may see, for each of the rooms whose past is hidden.

    `parties` is whom they stay there as: the session, and the account. In a room that is not in the answer they
    may see everything.
    """
    query = (
        select(RoomRow.id, RoomRow.modes, func.min(RoomVisitRow.since), func.min(RoomVisitRow.at))
        .outerjoin(RoomVisitRow, and_(RoomVisitRow.room_id == RoomRow.id, RoomVisitRow.party.in_(parties)))
        .where(RoomRow.id.in_(tuple(rooms)))
        .group_by(RoomRow.id, RoomRow.modes)
    )
    return {
        room: NEVER if since is None else HistoryCursor(at, since)
        for room, modes, since, at in connection.execute(query)
        if HIDDEN_HISTORY in modes
    }


def find_visit_start(connection: Connection, room: int, parties: Sequence[str]) -> HistoryCursor:
    """Return since when somebody is in a room without having left it, whatever its modes are."""
    query = select(func.min(RoomVisitRow.since), func.min(RoomVisitRow.at))
    since, at = connection.execute(
        query.where(RoomVisitRow.room_id == room, RoomVisitRow.party.in_(parties))
    ).one()
    return NEVER if since is None else HistoryCursor(at, since)
