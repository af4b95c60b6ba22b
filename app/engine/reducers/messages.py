"""Reducers for messages, redactions and read markers."""

from app.engine.world.world import World
from app.events import Event, is_transient
from app.events.data import MarkedData, RedactedData
from app.wire.names import fold


def message(world: World, event: Event) -> None:
    """Add a PRIVMSG or NOTICE to the recent messages of its room; its author is not idle."""
    user = world.users.get(event.session or 0)
    if user is not None:
        user.last_active = max(user.last_active, world.clock.monotonic() - world.age_seconds(event))
        user.spoke_at = max(user.spoke_at, event.at)
    if event.room is not None:
        world.recent.add(event.room, event)
    _start_slow_mode_delay(world, event)


def tagmsg(world: World, event: Event) -> None:
    """Count a stored TAGMSG as a message for slow mode."""
    if not is_transient(event):
        _start_slow_mode_delay(world, event)


def _start_slow_mode_delay(world: World, event: Event) -> None:
    """Start the slow mode delay of the author, if the room has slow mode."""
    room = world.rooms.get(event.room or _statusmsg_room(event))
    if room is None or not room.slow_mode_seconds:
        return
    user = world.users.get(event.session or 0)
    if user is not None:
        room.start_slow_mode_delay(user, world.clock.monotonic())


def _statusmsg_room(event: Event) -> int:
    """Return the id of the room whose operators a STATUSMSG addresses, or 0."""
    conversation = event.conversation or ""
    return int(conversation[1:]) if conversation.startswith("o") else 0


def redacted(world: World, event: Event) -> None:
    """Record a redaction; the recent messages of its room are reloaded on demand."""
    world.redacted.append(RedactedData.of(event).event)
    world.recent.drop(event.room or 0)


def expired(world: World, event: Event) -> None:
    """Forget the recent messages of all rooms; they are reloaded on demand."""
    world.recent.clear()


def marked(world: World, event: Event) -> None:
    """Advance a read marker."""
    principal = world.find_principal(event)
    if principal is not None and principal.markers is not None:
        principal.markers[fold(event.target or "")] = MarkedData.of(event).instant
