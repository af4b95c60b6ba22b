"""What is said, taken back and read."""

from app.engine.world.world import World, reduces
from app.events import Event, Kind, is_transient
from app.wire.names import fold


@reduces(Kind.PRIVMSG)
@reduces(Kind.NOTICE)
def said(world: World, event: Event) -> None:
    """A message is what newcomers to the room are shown; in a slow room its author has to wait then."""
    world.remember(event)
    _pause(world, event)


@reduces(Kind.TAGMSG)
def tagged(world: World, event: Event) -> None:
    """Tags that stay are a message too."""
    if not is_transient(event):
        _pause(world, event)


def _pause(world: World, event: Event) -> None:
    """Note who spoke in a slow room, or to those who moderate it."""
    room = world.rooms.get(event.room or _moderated(event))
    if room is None or not room.pause:
        return
    user = world.users.get(event.session or 0)
    if user is not None:
        room.note_speaker(user, world.clock.monotonic())


def _moderated(event: Event) -> int:
    """Return the room among whose moderators something is said, 0 if it is said to others."""
    conversation = event.conversation or ""
    return int(conversation[1:]) if conversation.startswith("o") else 0


@reduces(Kind.REDACTED)
def redacted(world: World, event: Event) -> None:
    """A message is not to be seen any more."""
    position = event.data["event"]
    world.redacted.append(position)
    room = world.rooms.get(event.room or 0)
    if room is not None and room.recent is not None:
        world.set_recent(room, [one for one in room.recent if one.id != position])


@reduces(Kind.MARKED)
def marked(world: World, event: Event) -> None:
    """Somebody has read a room, or what a nick wrote, up to an instant."""
    reader = world.find_reader(event)
    if reader is not None and reader.markers is not None:
        reader.markers[fold(event.target or "")] = event.data["instant"]
