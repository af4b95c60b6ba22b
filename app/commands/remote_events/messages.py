"""Messages that users on other nodes sent."""

from collections.abc import Mapping

from app.commands.remote_events.adopter import Adopter
from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.events import Event, Kind, is_transient


def _message(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Deliver a message."""
    room = runtime.world.rooms.get(event.room or 0)
    if room is not None and event.target is None:
        event.target = room.name
    changeset.adopt(event)


def _tagmsg(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Deliver tags, unless they say that a user is typing who has sent the message meanwhile.

    Such notifications do not arrive in the order of the log.
    """
    user = runtime.world.users.get(event.session or 0)
    if user is not None and is_transient(event) and event.at <= user.spoke_at:
        return
    _message(runtime, changeset, event)


ADOPTERS: Mapping[Kind, Adopter] = {
    Kind.PRIVMSG: _message,
    Kind.NOTICE: _message,
    Kind.TAGMSG: _tagmsg,
}
