"""How people leave: by themselves, by silence, by force, or because the server stops.

Somebody leaves when their last connection is over (`detach_client`), whoever ended it, or at once when they are put out
with all of them (`disconnect_user`). An account may stay without any (`staying`).
"""

from collections.abc import Iterable

from app.commands.runtime import Runtime
from app.commands.sessions import always_on
from app.commands.sessions.connections import close_client
from app.commands.sessions.nick_changes import notify_offline
from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.world.user import User
from app.events import Kind


def detach_client(runtime: Runtime, changeset: Changeset, client: Client, reason: str) -> None:
    """A connection is over: take it out of the world; its person leaves with the last one, or stays without any.

    They leave for the reason for which the server closed it, if it did; else for the one given.
    """
    client.ended = True
    world = runtime.world
    user = world.user_of(client)
    last_of = user if user is not None and user.clients == [client] else None
    if last_of is not None and not always_on.stays_connected(runtime, last_of):
        _emit_quit(runtime, changeset, last_of, client.parting or reason)
        last_of = None
    world.detach(client)
    if last_of is not None:
        always_on.keep_without_device(runtime, changeset, last_of)


def disconnect_user(runtime: Runtime, changeset: Changeset, user: User, reason: str) -> None:
    """Put somebody out at once, with all their devices; who would stay without any leaves too."""
    _emit_quit(runtime, changeset, user, reason)
    for client in list(user.clients):
        disconnect_device(runtime, changeset, client, reason)


def disconnect_device(runtime: Runtime, changeset: Changeset, client: Client, reason: str) -> None:
    """Put one device of somebody out at once, who stays with others or has left already."""
    runtime.world.detach(client)
    close_client(changeset, client, reason)


def disconnect_expired(runtime: Runtime, changeset: Changeset, users: Iterable[User]) -> None:
    """Put those out who are here without a device and are not to be any longer."""
    for user in list(users):
        reason = always_on.expiry_reason(runtime, user)
        if reason is not None:
            disconnect_user(runtime, changeset, user, reason)


def disconnect_all(runtime: Runtime, changeset: Changeset) -> None:
    """Everybody leaves because the server stops, but for those who stay: they are there when it starts again."""
    reason = "The server is shutting down"
    for user in list(runtime.world.users.values()):
        if not always_on.stays_connected(runtime, user):
            changeset.events += user.everywhere(Kind.QUIT, text=reason)
    for client in runtime.world.clients:
        close_client(changeset, client, reason)


def _emit_quit(runtime: Runtime, changeset: Changeset, user: User, reason: str) -> None:
    """Let somebody be gone, and tell their neighbours and those who watch their nick."""
    for client in user.clients:
        runtime.world.monitors.clear(client)
    others = Audience(runtime.world.neighbours(user).clients - set(user.clients))
    changeset.emit_each(user.everywhere(Kind.QUIT, text=reason), others)
    notify_offline(runtime, changeset, user.key, user.nick)
