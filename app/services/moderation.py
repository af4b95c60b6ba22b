"""Moderation: who is put out, and what everybody is told."""

from sqlalchemy.orm import Session as Orm

from app.clock import Clock
from app.errors import NotFound
from app.events import Event, Kind
from app.services import audit
from app.services.decisions import Change
from app.services.presence import get_online, is_in_room
from app.services.rooms import get_room


def killed(orm: Orm, clock: Clock, actor: str, by: str, name: str, reason: str) -> Change:
    """Decide to end every connection of a nick or an account.

    Raises: NotFound when nobody of that name is online.
    """
    sessions = get_online(orm, name)
    events = [
        Event(Kind.KILLED, nick=by, target=session.nick, text=reason, data={"session": session.id})
        for session in sessions
    ]
    return Change(events, audit.entry(clock, actor, "kick", sessions[0].nick, reason=reason))


def kicked(orm: Orm, clock: Clock, actor: str, by: str, name: str, room_name: str, reason: str) -> Change:
    """Decide to put somebody out of one room.

    Raises: NotFound when there is no such room, or nobody of that name in it.
    """
    room = get_room(orm, room_name)
    sessions = [session for session in get_online(orm, name) if is_in_room(orm, session, room.id)]
    if not sessions:
        raise NotFound(f"{name} is not in {room.name}.")
    events = [
        Event(
            Kind.KICKED,
            room=room.id,
            nick=by,
            target=session.nick,
            text=reason,
            data={"session": session.id},
        )
        for session in sessions
    ]
    trace = audit.entry(clock, actor, "kick", sessions[0].nick, room=room.name, reason=reason)
    return Change(events, trace)


def announced(clock: Clock, actor: str, by: str, text: str) -> Change:
    """Decide to tell everybody something."""
    return Change(
        [Event(Kind.ANNOUNCED, nick=by, text=text)], audit.entry(clock, actor, "announce", text=text)
    )
