"""Messages that users on other nodes sent."""

from collections.abc import Mapping

from app.commands.remote_events.adopter import Adopter
from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.events import Event, Kind


def _message(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Deliver a message, which ends the idle time of its author."""
    world = runtime.world
    room, user = world.rooms.get(event.room or 0), world.users.get(event.session or 0)
    if user is not None and event.text is not None:
        user.last_active = max(user.last_active, runtime.clock.monotonic() - world.age_seconds(event))
    if room is not None and event.target is None:
        event.target = room.name
    changeset.adopt(event)


def _tagmsg(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Deliver tags; typing notifications have no time of their own."""
    event.at = event.at or runtime.clock.now()
    _message(runtime, changeset, event)


ADOPTERS: Mapping[Kind, Adopter] = {
    Kind.PRIVMSG: _message,
    Kind.NOTICE: _message,
    Kind.TAGMSG: _tagmsg,
}
