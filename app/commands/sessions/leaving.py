"""How people leave: by themselves, by silence, by force, or because the server stops.

Somebody leaves when their last connection is over (`detach`), whoever ended it, or at once when they are put out
with all of them (`expel`). An account may stay without any (`staying`).
"""

from collections.abc import Iterable

from app.commands.runtime import Runtime
from app.commands.sessions import always_on
from app.commands.sessions.connections import close
from app.commands.sessions.nick_changes import vanish
from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.world.user import User
from app.events import Kind


def detach(runtime: Runtime, changeset: Changeset, client: Client, reason: str) -> None:
    """A connection is over: take it out of the world; its person leaves with the last one, or stays without any.

    They leave for the reason for which the server closed it, if it did; else for the one given.
    """
    client.ended = True
    world = runtime.world
    user = world.user_of(client)
    last_of = user if user is not None and user.clients == [client] else None
    if last_of is not None and not always_on.stays(runtime, last_of):
        _leave(runtime, changeset, last_of, client.parting or reason)
        last_of = None
    world.detach(client)
    if last_of is not None:
        always_on.stay(runtime, changeset, last_of)


def expel(runtime: Runtime, changeset: Changeset, user: User, reason: str) -> None:
    """Put somebody out at once, with all their devices; who would stay without any leaves too."""
    _leave(runtime, changeset, user, reason)
    for client in list(user.clients):
        expel_device(runtime, changeset, client, reason)


def expel_device(runtime: Runtime, changeset: Changeset, client: Client, reason: str) -> None:
    """Put one device of somebody out at once, who stays with others or has left already."""
    runtime.world.detach(client)
    close(changeset, client, reason)


def expel_overdue(runtime: Runtime, changeset: Changeset, users: Iterable[User]) -> None:
    """Put those out who are here without a device and are not to be any longer."""
    for user in list(users):
        reason = always_on.why_over(runtime, user)
        if reason is not None:
            expel(runtime, changeset, user, reason)


def disconnect_everybody(runtime: Runtime, changeset: Changeset) -> None:
    """Everybody leaves because the server stops, but for those who stay: they are there when it starts again."""
    reason = "The server is shutting down"
    for user in list(runtime.world.users.values()):
        if not always_on.stays(runtime, user):
            changeset.events += user.everywhere(Kind.QUIT, text=reason)
    for client in runtime.world.clients:
        close(changeset, client, reason)


def _leave(runtime: Runtime, changeset: Changeset, user: User, reason: str) -> None:
    """Let somebody be gone, and tell their neighbours and those who watch their nick."""
    for client in user.clients:
        runtime.world.monitors.clear(client)
    others = Audience(runtime.world.neighbours(user).clients - set(user.clients))
    changeset.emit_each(user.everywhere(Kind.QUIT, text=reason), others)
    vanish(runtime, changeset, user.key, user.nick)
