"""Restore the world from the database at startup."""

from sqlalchemy import Connection, RowMapping, or_, select

from app.db.models import (
    AccountMetadataRow,
    AccountRow,
    BanRow,
    CertificateRow,
    ErasureRow,
    InvitationRow,
    MembershipRow,
    PrivateMetadataRow,
    RoomInvitationRow,
    RoomMaskRow,
    RoomMetadataRow,
    RoomRoleRow,
    RoomRow,
    SessionMetadataRow,
    SessionNodeRow,
    SessionRow,
)
from app.engine.restore_activity import restore_activity
from app.engine.world.ban_index import Ban
from app.engine.world.room import MaskEntry, Room
from app.engine.world.user import AccountInfo, NodeDevices, User
from app.engine.world.world import Invitation, World
from app.services.accounts.name_reservations import load_reservations
from app.services.nodes.nodes import list_nodes
from app.services.retention.policies import load_policies
from app.wire.names import Key, fold

_ACCOUNTS = select(AccountRow.__table__)
_ROOMS = select(RoomRow.__table__)
_ROOM_ROLES = select(RoomRoleRow.__table__)
_ROOM_MASKS = select(RoomMaskRow.__table__)
_CERTIFICATES = select(CertificateRow.__table__)
_INVITATIONS = select(InvitationRow.__table__)
_BANS = select(BanRow.__table__)
_ACCOUNT_METADATA = select(AccountMetadataRow.__table__)
_ROOM_METADATA = select(RoomMetadataRow.__table__)
_PRIVATE_METADATA = select(PrivateMetadataRow.__table__)
_MEMBERSHIPS = select(MembershipRow.__table__)
_SESSION_NODES = select(SessionNodeRow.__table__)
_ROOM_INVITATIONS = select(RoomInvitationRow.__table__)
_SESSION_METADATA = select(SessionMetadataRow.__table__)
_ERASURE = select(ErasureRow.id).limit(1)
_SESSIONS = (
    select(SessionRow.__table__)
    .where(or_(SessionRow.disconnected.is_(None), SessionRow.id.in_(select(MembershipRow.session_id))))
    .order_by(SessionRow.id)
)


def restore(world: World, connection: Connection) -> set[int]:
    """Load a consistent snapshot of the tables into an empty world.

    Return the ids of the sessions that have been ended in the database in the meantime.
    """
    _restore_nodes(world, connection)
    _restore_shared_state(world, connection)
    ended = _restore_users(world, connection)
    restore_activity(world, connection)
    return ended


def _restore_nodes(world: World, connection: Connection) -> None:
    world.live_nodes |= {node.name for node in list_nodes(connection)}


def _restore_shared_state(world: World, connection: Connection) -> None:
    """Load accounts, certificates, invitations, rooms, metadata and bans."""
    for row in connection.execute(_ACCOUNTS):
        world.accounts[Key(row.key)] = AccountInfo(
            row.id, row.name, row.role, row.disabled, always_on=row.always_on
        )
        world.skeletons.add(row.name)
    for room in connection.execute(_ROOMS):
        _restore_room(world, room._mapping)
    for role in connection.execute(_ROOM_ROLES):
        world.rooms[role.room_id].roles.setdefault(role.account_id, set()).add(role.role)
    for mask in connection.execute(_ROOM_MASKS):
        world.rooms[mask.room_id].add_list_entry(mask.mode, MaskEntry(mask.mask, mask.by, mask.at))
    for number, policy in load_policies(connection).items():
        if number in world.rooms:  # a policy remains when its room is deleted
            world.rooms[number].retention = policy
    accounts = {account.id: account for account in world.accounts.values()}
    for certificate in connection.execute(_CERTIFICATES):
        world.certificates[certificate.fingerprint] = accounts[certificate.account_id]
    for invitation in connection.execute(_INVITATIONS):
        world.invitations[invitation.digest] = Invitation(
            invitation.id, invitation.uses - invitation.used, invitation.expires
        )
    _restore_metadata(world, connection)
    world.reservations = load_reservations(connection)
    if connection.scalar(_ERASURE) is not None:
        world.begin_erasing()
    for ban in connection.execute(_BANS):
        world.bans.add(Ban(ban.id, ban.type, ban.mask, ban.reason, ban.expires, ban.by))


def _restore_metadata(world: World, connection: Connection) -> None:
    accounts = {account.id: account for account in world.accounts.values()}
    for item in connection.execute(_ACCOUNT_METADATA):
        accounts[item.account_id].metadata[item.key] = item.value
    for item in connection.execute(_ROOM_METADATA):
        world.rooms[item.room_id].metadata[item.key] = item.value
    for item in connection.execute(_PRIVATE_METADATA):
        account = accounts[int(item.party.removeprefix("a"))]
        account.private_metadata[Key(item.target), item.key] = item.value


def _restore_room(world: World, row: RowMapping) -> None:
    room = Room(
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
        slow_mode_seconds=row["pause"],
    )
    world.rooms[room.id] = room
    world.room_keys[room.key] = room


def _restore_users(world: World, connection: Connection) -> set[int]:
    """Load the users that were online when the server stopped, with their rooms.

    Return the ids of the sessions that have been ended in the database in the meantime.
    """
    members = connection.execute(_MEMBERSHIPS).all()
    ended = set()
    for row in connection.execute(_SESSIONS):
        _restore_user(world, row._mapping)
        if row.disconnected is not None:
            ended.add(row.id)
    _restore_sessions(world, connection)
    for session, room, roles in members:
        if session in world.users and room in world.rooms:
            _restore_member(world.users[session], world.rooms[room], set(roles))
    return ended


def _restore_sessions(world: World, connection: Connection) -> None:
    """Load the nodes of the users' devices, their invitations, and the metadata of guests."""
    users = world.users
    for place in connection.execute(_SESSION_NODES):
        if place.session_id in users:
            devices = NodeDevices(place.secure, tuple(place.certificates.split()))
            users[place.session_id].devices[place.node] = devices
    for invitation in connection.execute(_ROOM_INVITATIONS):
        if invitation.session_id in users:
            users[invitation.session_id].invited.add(invitation.room_id)
    for item in connection.execute(_SESSION_METADATA):
        if item.session_id in users:
            users[item.session_id].metadata[item.key] = item.value


def _restore_user(world: World, row: RowMapping) -> None:
    user = User(
        session=row["id"],
        nick=row["nick"],
        key=fold(row["nick"]),
        user=row["user"],
        host=row["host"],
        address=row["address"],
        realname=row["realname"],
        signon=row["connected"],
        last_active=world.monotonic_at(row["connected"]),
        account=world.find_account(row["account"]) if row["account"] else None,
        away=row["away"],
        detached=row["detached"],
        operator=row["operator"],
        operator_name=row["operator_name"],
        modes=set(row["modes"]),
    )
    world.add_user(user)


def _restore_member(user: User, room: Room, roles: set[str]) -> None:
    room.add(user, roles)
    user.rooms.add(room.id)
