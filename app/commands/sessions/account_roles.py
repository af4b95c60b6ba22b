"""Persistent roles of accounts in rooms, and updating them when a user's account changes."""

from collections.abc import Mapping

from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event, Kind
from app.events.data import ModeData, ModeRow

Roles = Mapping[int, set[str]]  # by room id


def account_roles_of(runtime: Runtime, user: User) -> Roles:
    """Return the roles that a user has through their account in each of their rooms."""
    return {room.id: room.persistent_roles(user) for room in runtime.world.rooms_of(user)}


def update_account_roles(runtime: Runtime, changeset: Changeset, user: User, before: Roles) -> None:
    """Grant the roles of a user's new account, and revoke those of the previous one.

    `before` is the result of `account_roles_of` before the account changed.
    """
    for room in runtime.world.rooms_of(user):
        persistent, current = room.persistent_roles(user), room.members[user.session].roles
        change_roles(runtime, changeset, room, user, "-", (before.get(room.id, set()) & current) - persistent)
        change_roles(runtime, changeset, room, user, "+", persistent - current)


def change_roles(
    runtime: Runtime,
    changeset: Changeset,
    room: Room,
    user: User,
    sign: str,
    roles: set[str],
    initial: bool = False,
) -> None:
    """Grant or revoke roles as the server; the change is not persistent.

    `initial` states that the user has just joined.
    """
    if not roles:
        return
    letters = "".join(sorted(roles))
    words = f"{sign}{letters} " + " ".join([user.nick] * len(letters))
    changes: list[ModeRow] = [(sign, role, user.nick, None) for role in letters]
    event = Event(
        Kind.MODE,
        room=room.id,
        nick=runtime.server_name,
        target=room.name,
        text=words,
        data=ModeData(changes, initial=initial),
    )
    changeset.emit(event)
