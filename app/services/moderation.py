"""Moderation: who is put out, who says nothing of themselves any more, and what everybody is told."""

from collections.abc import Collection, Iterable

from app.errors import NotFound
from app.events import Event, Kind
from app.services import metadata
from app.services.accounts import get_account
from app.services.admin_changes import AdminChange, Administrator
from app.services.presence import get_online_sessions, is_in_room
from app.services.rooms import get_room
from app.wire.names import fold


def kill_user(admin: Administrator, name: str, reason: str) -> AdminChange:
    """Decide to end every connection of a nick or an account.

    Raises: NotFound when nobody of that name is online.
    """
    sessions = get_online_sessions(admin.session, name)
    events = [
        Event(Kind.KILLED, nick=admin.by, target=session.nick, text=reason, data={"session": session.id})
        for session in sessions
    ]
    return admin.make_change(events, "kick", sessions[0].nick, reason=reason)


def kick_user(admin: Administrator, name: str, room_name: str, reason: str) -> AdminChange:
    """Decide to put somebody out of one room.

    Raises: NotFound when there is no such room, or nobody of that name in it.
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
            data={"session": session.id},
        )
        for session in sessions
    ]
    return admin.make_change(events, "kick", sessions[0].nick, room=room.name, reason=reason)


def announce(admin: Administrator, text: str) -> AdminChange:
    """Decide to tell everybody something."""
    return admin.make_change([Event(Kind.ANNOUNCED, nick=admin.by, text=text)], "announce", "", text=text)


def remove_account_metadata(admin: Administrator, name: str, keys: Collection[str]) -> AdminChange:
    """Decide that an account says nothing under these keys any more (METADATA), or under any if none is given.

    Raises: NotFound.
    """
    account = get_account(admin.session, fold(name))
    gone = _among(metadata.get_account_metadata(admin.session, account.id), keys)
    said = {"by": admin.by, "party": f"a{account.id}"}
    events = [
        Event(Kind.METADATA, nick=admin.by, account=account.name, data={"key": key, **said}) for key in gone
    ]
    return admin.make_change(events, "user.metadata", account.name, removed=gone)


def remove_room_metadata(admin: Administrator, name: str, keys: Collection[str]) -> AdminChange:
    """Decide that a room says nothing under these keys any more (METADATA), or under any if none is given.

    Raises: NotFound.
    """
    room = get_room(admin.session, name)
    gone = _among(metadata.get_room_metadata(admin.session, room.id), keys)
    said = {"by": admin.by}
    events = [Event(Kind.METADATA, room=room.id, nick=admin.by, data={"key": key, **said}) for key in gone]
    return admin.make_change(events, "room.metadata", room.name, removed=gone)


def _among(said: Iterable[str], keys: Collection[str]) -> list[str]:
    return [key for key in said if not keys or key in keys]
