"""The world after a start: what the tables say."""

from sqlalchemy import Connection, RowMapping, or_, select

from app.db.models import (
    AccountMetadataRow,
    AccountRow,
    BanRow,
    CertificateRow,
    InvitationRow,
    MembershipRow,
    RoomMaskRow,
    RoomMetadataRow,
    RoomRoleRow,
    RoomRow,
    SessionRow,
)
from app.engine.world import room as live
from app.engine.world.user import AccountInfo, User
from app.engine.world.world import Ban, Invitation, World
from app.wire.names import Key, fold


def restore(world: World, connection: Connection) -> None:
    """Read accounts, invitations, rooms, what is said of them, and bans into an empty world."""
    for row in connection.execute(select(AccountRow.__table__)):
        world.accounts[Key(row.key)] = AccountInfo(
            row.id, row.name, row.role, row.disabled, always_on=row.always_on
        )
        world.add_skeleton(row.name)
    for room in connection.execute(select(RoomRow.__table__)):
        _room(world, room._mapping)
    for role in connection.execute(select(RoomRoleRow.__table__)):
        world.rooms[role.room_id].roles.setdefault(role.account_id, set()).add(role.role)
    for mask in connection.execute(select(RoomMaskRow.__table__)):
        world.rooms[mask.room_id].lists[mask.mode][mask.mask] = live.MaskEntry(mask.mask, mask.by, mask.at)
    accounts = {account.id: account for account in world.accounts.values()}
    for shown in connection.execute(select(CertificateRow.__table__)):
        world.certificates[shown.fingerprint] = accounts[shown.account_id]
    for one in connection.execute(select(InvitationRow.__table__)):
        world.invitations[one.digest] = Invitation(one.id, one.uses - one.used, one.expires)
    _metadata(world, connection)
    for ban in connection.execute(select(BanRow.__table__)):
        world.bans[ban.id] = Ban(ban.id, ban.type, ban.mask, ban.reason, ban.expires, ban.by)


def _metadata(world: World, connection: Connection) -> None:
    accounts = {account.id: account for account in world.accounts.values()}
    for words in connection.execute(select(AccountMetadataRow.__table__)):
        accounts[words.account_id].metadata[words.key] = words.value
    for words in connection.execute(select(RoomMetadataRow.__table__)):
        world.rooms[words.room_id].metadata[words.key] = words.value


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
        pause=row["pause"],
    )
    world.rooms[room.id] = room
    world.room_keys[room.key] = room


def restore_people(world: World, connection: Connection, node: str) -> set[int]:
    """Read who was here when this server stopped: everybody in their rooms, without their connections.

    Returns the sessions that an administrator has ended meanwhile.
    """
    members = connection.execute(select(MembershipRow.__table__)).all()
    left = or_(SessionRow.disconnected.is_(None), SessionRow.id.in_(select(MembershipRow.session_id)))
    ended = set()
    for row in connection.execute(select(SessionRow.__table__).where(SessionRow.node == node, left)):
        _person(world, row._mapping)
        if row.disconnected is not None:
            ended.add(row.id)
    for session, room, roles in members:
        if session in world.users and room in world.rooms:
            _member(world.users[session], world.rooms[room], set(roles))
    return ended


def _person(world: World, row: RowMapping) -> None:
    """Put somebody into the world as they were; how long they have been silent is not known better than this."""
    silent = (world.clock.now() - (row["detached"] or world.clock.now())) / 1000
    user = User(
        session=row["id"],
        nick=row["nick"],
        key=fold(row["nick"]),
        user=row["user"],
        host=row["host"],
        address=row["address"],
        realname=row["realname"],
        signon=row["connected"],
        active=world.clock.monotonic() - silent,
        account=world.find_account(row["account"]) if row["account"] else None,
        away=row["away"],
        detached=row["detached"],
    )
    world.admit(user)


def _member(user: User, room: live.Room, roles: set[str]) -> None:
    """Put somebody into a room; in an official one, only accounts that may moderate it now do."""
    kept = room.kept_roles(user)
    room.add(user, kept | (roles - {"o"} if room.official else roles))
    user.rooms.add(room.id)
