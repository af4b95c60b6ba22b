"""Moderation: disconnecting and kicking users, removing metadata, and announcements.

Each function returns a change, which `apply_admin_change` records.
"""

from collections.abc import Collection, Iterable

from app.errors import NotFound
from app.events import Event, Kind
from app.events.data import KickedData, KilledData, MetadataChangeData
from app.services import metadata
from app.services.accounts.accounts import get_account
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.rooms.rooms import get_room
from app.services.users.presence import get_online_sessions, is_in_room
from app.wire.names import fold


def kill_user(admin: Administrator, name: str, reason: str) -> AdminChange:
    """Disconnect all sessions of a user, given by nick or account.

    Raises: NotFound when the user is not online.
    """
    sessions = get_online_sessions(admin.session, name)
    events = [
        Event(Kind.KILLED, nick=admin.by, target=session.nick, text=reason, data=KilledData(session.id))
        for session in sessions
    ]
    return admin.make_change(events, "kick", sessions[0].nick, reason=reason)


def kick_user(admin: Administrator, name: str, room_name: str, reason: str) -> AdminChange:
    """Kick all sessions of a user, given by nick or account, out of a room.

    Raises: NotFound when the room does not exist or the user is not in it.
    """
    orm = admin.session
    room = get_room(orm, room_name)
    sessions = [session for session in get_online_sessions(orm, name) if is_in_room(orm, session, room.id)]
    if not sessions:
        raise NotFound(f"{name} is not in {room.name}.")
    events = [
        Event(
            Kind.KICKED,
            room=room.id,
            nick=admin.by,
            target=session.nick,
            text=reason,
            data=KickedData(session.id),
        )
        for session in sessions
    ]
    return admin.make_change(events, "kick", sessions[0].nick, room=room.name, reason=reason)


def announce(admin: Administrator, text: str) -> AdminChange:
    """Send an announcement to every user."""
    return admin.make_change([Event(Kind.ANNOUNCED, nick=admin.by, text=text)], "announce", "", text=text)


def remove_account_metadata(admin: Administrator, name: str, keys: Collection[str]) -> AdminChange:
    """Remove metadata from an account: the given keys, or all keys if none are given.

    Raises: NotFound.
    """
    account = get_account(admin.session, fold(name))
    removed = _matching_keys(metadata.get_account_metadata(admin.session, account.id), keys)
    party = f"a{account.id}"
    events = [
        Event(
            Kind.METADATA, nick=admin.by, account=account.name, data=MetadataChangeData(key, admin.by, party)
        )
        for key in removed
    ]
    return admin.make_change(events, "user.metadata", account.name, removed=removed)


def remove_room_metadata(admin: Administrator, name: str, keys: Collection[str]) -> AdminChange:
    """Remove metadata from a room: the given keys, or all keys if none are given.

    Raises: NotFound.
    """
    room = get_room(admin.session, name)
    removed = _matching_keys(metadata.get_room_metadata(admin.session, room.id), keys)
    events = [
        Event(Kind.METADATA, room=room.id, nick=admin.by, data=MetadataChangeData(key, admin.by))
        for key in removed
    ]
    return admin.make_change(events, "room.metadata", room.name, removed=removed)


def _matching_keys(stored: Iterable[str], keys: Collection[str]) -> list[str]:
    return [key for key in stored if not keys or key in keys]
