"""The nodes on the database, and the sessions of one that is gone."""

from app.commands.runtime import Runtime
from app.commands.sessions.leaving import end_sessions
from app.engine.changeset import Changeset
from app.events import Event, Kind


def remove_node(runtime: Runtime, changeset: Changeset, name: str, reason: str, heard: int | None) -> None:
    """Record the end of a node, this one or another, and end its sessions.

    `heard` is the instant up to which it has shown everything, if that is not now.
    """
    end_sessions(runtime, changeset, name, reason, heard)
    changeset.emit(Event(Kind.NODE_ENDED, nick=runtime.settings.node, target=name, text=reason))
