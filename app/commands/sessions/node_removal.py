"""The end of a node, and of the sessions that had devices only there."""

from app.commands.runtime import Runtime
from app.commands.sessions.leaving import end_sessions
from app.engine.changeset import Changeset
from app.events import Event, Kind


def remove_node(
    runtime: Runtime, changeset: Changeset, name: str, reason: str, delivered_until: int | None
) -> None:
    """Record the end of a node, this one or another, and end its sessions.

    It has delivered everything up to the instant `delivered_until`; None means now.
    """
    end_sessions(runtime, changeset, name, reason, delivered_until)
    changeset.emit(Event(Kind.NODE_ENDED, nick=runtime.settings.node, target=name, text=reason))
