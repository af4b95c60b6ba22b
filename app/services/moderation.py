"""Moderation: who is put out, and what everybody is told."""

from app.errors import NotFound
from app.events import Event, Kind
from app.services.decisions import Administrator, Change
from app.services.presence import get_online, is_in_room
from app.services.rooms import get_room


def killed(admin: Administrator, name: str, reason: str) -> Change:
    """Decide to end every connection of a nick or an account.

    Raises: NotFound when nobody of that name is online.
    """
    sessions = get_online(admin.session, name)
    events = [
        Event(Kind.KILLED, nick=admin.by, target=session.nick, text=reason, data={"session": session.id})
        for session in sessions
    ]
    return admin.decided(events, "kick", sessions[0].nick, reason=reason)


def kicked(admin: Administrator, name: str, room_name: str, reason: str) -> Change:
    """Decide to put somebody out of one room.

    Raises: NotFound when there is no such room, or nobody of that name in it.
    """
    orm = admin.session
    room = get_room(orm, room_name)
    sessions = [session for session in get_online(orm, name) if is_in_room(orm, session, room.id)]
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
    return admin.decided(events, "kick", sessions[0].nick, room=room.name, reason=reason)


def announced(admin: Administrator, text: str) -> Change:
    """Decide to tell everybody something."""
    return admin.decided([Event(Kind.ANNOUNCED, nick=admin.by, text=text)], "announce", "", text=text)
