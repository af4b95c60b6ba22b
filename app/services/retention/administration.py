"""Changes of retention by administrators.

Functions that take an `Administrator` return a change, which `apply_admin_change` records. The
members of the room see a notice, which is stored like a message.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db.models import RoomRetentionRow, RoomRow
from app.errors import NotFound
from app.events import Event, Kind
from app.events.data import RetentionData
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.retention.policies import RetentionDefaults, RoomPolicy, describe_policy, find_policy
from app.services.rooms.rooms import find_room
from app.wire.names import fold


@dataclass(frozen=True, slots=True)
class RetentionTarget:
    """A room whose history is in the log; the room itself may have been deleted."""

    room: int
    name: str
    exists: bool


def get_target(session: Session, name: str) -> RetentionTarget:
    """Return a room, or a deleted room that has a policy, by name. The `#` may be omitted.

    Raises: NotFound.
    """
    room = find_room(session, name)
    if room is not None:
        return RetentionTarget(room.id, room.name, exists=True)
    keys = {fold(name), fold(f"#{name}")}
    is_deleted = RoomRetentionRow.room_id.not_in(select(RoomRow.id))
    query = select(RoomRetentionRow).where(is_deleted).order_by(RoomRetentionRow.at.desc())
    for row in session.scalars(query):
        if fold(row.name) in keys:
            return RetentionTarget(row.room_id, row.name, exists=False)
    raise NotFound(f"There is no room {name}; `chat-admin room list` lists all rooms.")


def set_days(admin: Administrator, name: str, days: int | None, defaults: RetentionDefaults) -> AdminChange:
    """Set the days of a room's policy: 0 for no limit, None for the server's default.

    Raises: NotFound.
    """
    target = get_target(admin.session, name)
    before = find_policy(admin.session.connection(), target.room)
    detail = {"days": days, "before": before.days, "default": days is None or None}
    return _change(admin, target, before, replace(before, days=days), defaults, "room.retention", detail)


def hold(admin: Administrator, name: str, reason: str, defaults: RetentionDefaults) -> AdminChange:
    """Suspend the removal of a room's history until it is released.

    Raises: NotFound.
    """
    target = get_target(admin.session, name)
    before = find_policy(admin.session.connection(), target.room)
    after = replace(before, hold=reason)
    return _change(admin, target, before, after, defaults, "retention.hold", {"reason": reason})


def release(admin: Administrator, name: str, defaults: RetentionDefaults) -> AdminChange:
    """End the hold of a room.

    Raises: NotFound.
    """
    target = get_target(admin.session, name)
    before = find_policy(admin.session.connection(), target.room)
    after = replace(before, hold=None)
    return _change(admin, target, before, after, defaults, "retention.release", {"reason": before.hold})


def _change(
    admin: Administrator,
    target: RetentionTarget,
    before: RoomPolicy,
    after: RoomPolicy,
    defaults: RetentionDefaults,
    action: str,
    detail: Mapping[str, object],
) -> AdminChange:
    """Return the change from one policy to another, which has no events if they are equal."""
    data = RetentionData(days=after.days, hold=after.hold)
    events = [Event(Kind.RETENTION, room=target.room, nick=admin.by, target=target.name, data=data)]
    if target.exists:
        text = describe_policy(target.name, after, defaults)
        events.append(Event(Kind.NOTICE, room=target.room, nick=admin.by, target=target.name, text=text))
    return admin.make_change([] if before == after else events, action, target.name, **detail)
