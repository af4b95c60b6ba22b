"""What a world consists of, in a form that can be compared with another one.

Instants are compared to the second: the log moves some by milliseconds. Lazily loaded state, and
what only matters to one node, such as its connections, is left out.
"""

from app.engine.world.room import Room
from app.engine.world.user import AccountInfo, User
from app.engine.world.world import World


def describe_world(world: World) -> dict[str, object]:
    """Return all state that every node has."""
    return lasting(world) | {
        "users": {user.session: _user(world, user) for user in world.users.values()},
        "nicks": {key: user.session for key, user in world.nicks.items()},
        "members": {
            (room.id, session): member.roles
            for room in world.rooms.values()
            for session, member in room.members.items()
        },
        "certificates": {key: account.id for key, account in world.certificates.items()},
        "codes": {digest: (code.id, code.remaining_uses) for digest, code in world.invitations.items()},
        "reservations": world.reservations.by_digest,
        "counts": (world.user_counts.invisible, world.user_counts.administrators),
        "skeletons": world.skeletons.names,
    }


def _user(world: World, user: User) -> object:
    about = (user.nick, user.key, user.user, user.host, user.address, user.realname, user.signon // 1000)
    presence = (
        user.away,
        _seconds(user.detached),
        user.devices,
        user.modes,
        user.operator,
        user.operator_name,
    )
    account = user.account and user.account.id
    return about, presence, account, user.rooms, user.invited & world.rooms.keys(), user.metadata


def _seconds(instant: int | None) -> int | None:
    return None if instant is None else instant // 1000


def lasting(world: World) -> dict[str, object]:
    """Return all persistent state of the world."""
    return {
        "rooms": {room.id: _room(room) for room in world.rooms.values()},
        "keys": {key: room.id for key, room in world.room_keys.items()},
        "accounts": {key: _account(account) for key, account in world.accounts.items()},
        "bans": dict(world.bans.by_id),
    }


def _account(account: AccountInfo) -> object:
    about = (account.id, account.name, account.role, account.disabled, account.always_on)
    return about, account.metadata, account.private_metadata


def _room(room: Room) -> object:
    """Return a room without its members. A role granted and revoked leaves no entry."""
    roles = {account: roles for account, roles in room.roles.items() if roles}
    lists = {
        letter: {mask: entry.by for mask, entry in found.items()} for letter, found in room.lists.items()
    }
    about = (
        room.name,
        room.key,
        room.official,
        room.modes,
        room.password,
        room.limit,
        room.slow_mode_seconds,
        room.retention,
    )
    return (
        about,
        room.metadata,
        (room.topic, room.topic_by, room.topic_at // 1000, room.created // 1000),
        roles,
        lists,
    )
