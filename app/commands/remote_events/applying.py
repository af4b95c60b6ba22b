"""Applies an event of another process by the adopter for its kind."""

from collections.abc import Mapping

from app.commands.remote_events import accounts, administration, messages, rooms, users
from app.commands.remote_events.adopter import Adopter
from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.events import Event, Kind


def apply_remote(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    """Apply an event, deliver it with what follows from it, and note its follow-ups.

    Raises: LookupError, TypeError or ValueError when the event is invalid.
    """
    event.nick = event.nick or runtime.server_name
    changeset.adopted = event
    try:
        _ADOPTERS.get(event.kind, _adopt)(runtime, changeset, event)
    finally:
        changeset.adopted = None


def _adopt(runtime: Runtime, changeset: Changeset, event: Event) -> None:
    changeset.adopt(event)


_ADOPTERS: Mapping[Kind, Adopter] = {
    **accounts.ADOPTERS,
    **administration.ADOPTERS,
    **messages.ADOPTERS,
    **rooms.ADOPTERS,
    **users.ADOPTERS,
}
