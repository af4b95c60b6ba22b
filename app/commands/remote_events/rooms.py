"""Rooms: joins, kicks, modes, new names and deletions that another process decided."""

from collections.abc import Mapping
from dataclasses import replace

from app.commands.channels.joining import announce_away, send_bursts
from app.commands.channels.renaming import emulate_rename
from app.commands.remote_events.adopter import Adopter
from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.world.audiences import find_audience
from app.engine.world.room import Room
from app.engine.world.user import User
from app.events import Event, Kind
from app.events.data import KickedData


def _joined(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply a join, and send the join burst to the devices that the user has here."""
    user, room = runtime.world.users.get(event.session or 0), _find_room(runtime, event)
    others = find_audience(runtime.world, event)
    _adopt_in_room(runtime, changeset, event)
    if user is not None and room is not None:
        announce_away(changeset, user, others)
        send_bursts(runtime, changeset, room, event, user.clients)


def _kicked(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    room, data = _find_room(runtime, event), KickedData.of(event)
    if room is not None and data.room is None:
        event.data = replace(data, room=room.name)
    changeset.adopt(event)


def _renamed(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply a new name, and announce it to clients without `draft/channel-rename`."""
    _adopt_in_room(runtime, changeset, event)
    room = _find_room(runtime, event)
    if room is not None:
        emulate_rename(runtime, changeset, room, event)


def _deleted(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Delete a room, and send its members PART."""
    room = _find_room(runtime, event)
    users = [] if room is None else [member.user for member in room.members.values()]
    _adopt_in_room(runtime, changeset, event)
    for user in users:
        _send_part(runtime, changeset, user, event)


def _send_part(runtime: Runtime, changeset: Changeset, user: User, event: Event) -> None:
    left = user.event(Kind.PARTED, event.room, target=event.target, text=event.text, at=runtime.clock.now())
    for client in user.clients:
        changeset.send(client, left)


def _adopt_in_room(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Fill in the name of the room if the log stores it by id only, and apply the event."""
    room = _find_room(runtime, event)
    if room is not None and event.target is None:
        event.target = room.name
    changeset.adopt(event)


def _find_room(runtime: Runtime, event: Event) -> Room | None:
    return runtime.world.rooms.get(event.room or 0)


ADOPTERS: Mapping[Kind, Adopter] = {
    **dict.fromkeys((Kind.PARTED, Kind.TOPIC, Kind.MODE), _adopt_in_room),
    Kind.JOINED: _joined,
    Kind.KICKED: _kicked,
    Kind.RENAMED: _renamed,
    Kind.DELETED: _deleted,
}
