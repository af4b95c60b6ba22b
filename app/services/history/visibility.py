"""The part of a room's history that a user may read: with mode +H, only the part since joining."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, and_, func, select

from app.db.models import RoomRow, RoomVisitRow
from app.services.history.source import HistoryCursor
from app.wire.modes import HIDDEN_HISTORY

NEVER = HistoryCursor(at=1 << 62, id=1 << 62)  # after every possible event


def find_first_visible(
    connection: Connection, rooms: Iterable[int], parties: Sequence[str]
) -> Mapping[int, HistoryCursor]:
    """Return the first visible log position of each room that hides earlier history.

    `parties` are the user's parties: the session and, if logged in, the account. A room that is
    absent from the result is visible in full.
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
    """Return the start of a user's visit to a room, or NEVER. The room's modes are ignored."""
    query = select(func.min(RoomVisitRow.since), func.min(RoomVisitRow.at))
    since, at = connection.execute(
        query.where(RoomVisitRow.room_id == room, RoomVisitRow.party.in_(parties))
    ).one()
    return NEVER if since is None else HistoryCursor(at, since)
