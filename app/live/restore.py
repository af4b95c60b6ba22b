"""The world after a start: what the tables say, with nobody in it."""

from sqlalchemy import Connection, RowMapping, select

from app.db.models import Account, Ban, Invitation, Room, RoomMask, RoomRole, Session
from app.events import Event, Kind
from app.live import room as live
from app.live.user import AccountInfo
from app.live.world import Ban as LiveBan
from app.live.world import Invitation as LiveInvitation
from app.live.world import World
from app.wire.names import Key


def restore(world: World, connection: Connection) -> None:
    """Read accounts, invitations, rooms and bans into an empty world."""
    for account in connection.execute(
        select(Account.id, Account.name, Account.key, Account.role, Account.disabled)
    ):
        world.accounts[Key(account.key)] = AccountInfo(*account[:2], account.role, account.disabled)
        world.show_face(account.name)
    for row in connection.execute(select(Room.__table__)):
        _room(world, row._mapping)
    for role in connection.execute(select(RoomRole.__table__)):
        world.rooms[role.room_id].roles.setdefault(role.account_id, set()).add(role.role)
    for mask in connection.execute(select(RoomMask.__table__)):
        world.rooms[mask.room_id].lists[mask.mode][mask.mask] = live.MaskEntry(mask.by, mask.at)
    for row in connection.execute(select(Invitation.__table__)):
        world.invitations[row.digest] = LiveInvitation(row.id, row.uses - row.used, row.expires)
    for ban in connection.execute(select(Ban.__table__)):
        world.bans[ban.id] = LiveBan(ban.id, ban.type, ban.mask, ban.reason, ban.expires, ban.by)


def _room(world: World, row: RowMapping) -> None:
    room = live.Room(
        id=row["id"],
        name=row["name"],
        key=Key(row["key"]),
        created=row["created"],
        official=row["official"],
        topic=row["topic"],
        topic_by=row["topic_by"],
        topic_at=row["topic_at"] or 0,
        modes=set(row["modes"]),
        password=row["password"],
        limit=row["user_limit"],
    )
    world.rooms[room.id] = room
    world.room_keys[room.key] = room


def left_behind(connection: Connection, node: str, reason: str) -> list[Event]:
    """Return the events that end the sessions which a crash of this server left open."""
    query = select(Session.__table__).where(Session.node == node, Session.disconnected.is_(None))
    return [
        Event(
            Kind.QUIT,
            session=row.id,
            nick=row.nick,
            user=row.user,
            host=row.host,
            account=row.account,
            text=reason,
        )
        for row in connection.execute(query)
    ]
