"""What is said, taken back and read."""

from app.events import Event, Kind
from app.live.world import World, applies
from app.wire.names import fold


@applies(Kind.PRIVMSG)
@applies(Kind.NOTICE)
def said(world: World, event: Event) -> None:
    """A message is what newcomers to the room are shown."""
    world.remember(event)


@applies(Kind.REDACTED)
def redacted(world: World, event: Event) -> None:
    """A message is not to be seen any more."""
    position = event.data["event"]
    world.redacted.append(position)
    room = world.rooms.get(event.room or 0)
    if room is not None and room.recent is not None:
        world.fill_recent(room, [one for one in room.recent if one.id != position])


@applies(Kind.MARKED)
def marked(world: World, event: Event) -> None:
    """Somebody has read a room, or what a nick wrote, up to an instant."""
    reader = world.find_reader(event)
    if reader is not None and reader.markers is not None:
        reader.markers[fold(event.target or "")] = event.data["instant"]
