"""What people and rooms say of themselves, for clients to show."""

from app.engine.world.user import Metadata
from app.engine.world.world import World, reduces
from app.events import Event, Kind


@reduces(Kind.METADATA)
def metadata(world: World, event: Event) -> None:
    """A person or a room says something else of itself under a key, or nothing any more.

    What it said before is kept with the event until it is stored, in case it cannot be.
    """
    values = _values(world, event)
    if values is None:
        return
    event.secret = values.get(event.data["key"])
    if event.text is None:
        values.pop(event.data["key"], None)
    else:
        values[event.data["key"]] = event.text


def _values(world: World, event: Event) -> Metadata | None:
    holder = world.find_reader(event) if event.room is None else world.rooms.get(event.room)
    return None if holder is None else holder.metadata
