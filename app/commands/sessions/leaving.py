"""The end of sessions: on disconnect, timeout, ban or kill, and at shutdown.

A user quits when the last device is detached (`detach_client`), or at once when all of them are
disconnected (`disconnect_user`). An always-on account may stay without a device (`always_on`).
"""

from collections.abc import Iterable

from app.commands.runtime import Runtime
from app.commands.sessions import always_on
from app.commands.sessions.connections import close_client, find_departure
from app.commands.sessions.nick_changes import notify_offline
from app.engine.changeset import Changeset
from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.world.user import User
from app.events import Kind
from app.events.data import DepartureData


def detach_client(runtime: Runtime, changeset: Changeset, client: Client, reason: str) -> None:
    """Remove a closed connection; its user quits with the last connection unless always-on.

    If the server closed the connection, the QUIT has the server's reason instead of `reason`.
    """
    client.is_closed = True
    world = runtime.world
    user = world.user_of(client)
    leaving = user if user is not None and user.clients == [client] else None
    reason = client.quit_reason or reason
    departure = find_departure(runtime, client, reason)
    if leaving is not None and not always_on.stays_connected(runtime, leaving):
        _emit_quit(runtime, changeset, leaving, reason, departure)
        leaving = None
    world.detach(client)
    if leaving is not None:
        always_on.keep_without_device(runtime, changeset, leaving, departure)


def disconnect_user(runtime: Runtime, changeset: Changeset, user: User, reason: str) -> None:
    """End a user's session and close all devices at once, even for an always-on account."""
    _emit_quit(runtime, changeset, user, reason)
    for client in list(user.clients):
        disconnect_device(runtime, changeset, client, reason)


def disconnect_device(runtime: Runtime, changeset: Changeset, client: Client, reason: str) -> None:
    """Detach and close one device at once; its user has other devices or has already quit."""
    runtime.world.detach(client)
    close_client(changeset, client, reason)


def disconnect_expired(runtime: Runtime, changeset: Changeset, users: Iterable[User]) -> None:
    """Disconnect users without a device that may no longer stay online."""
    for user in list(users):
        reason = always_on.expiry_reason(runtime, user)
        if reason is not None:
            disconnect_user(runtime, changeset, user, reason)


def disconnect_all(runtime: Runtime, changeset: Changeset, reason: str) -> None:
    """Close all connections at shutdown, and end the sessions of users that are not always-on."""
    for user in list(runtime.world.users.values()):
        if not always_on.stays_connected(runtime, user):
            changeset.events += user.make_room_events(Kind.QUIT, text=reason)
    for client in runtime.world.clients:
        close_client(changeset, client, reason)


def _emit_quit(
    runtime: Runtime, changeset: Changeset, user: User, reason: str, data: DepartureData | None = None
) -> None:
    """Emit QUIT to users in the same rooms, and notify clients that monitor the nick."""
    for client in user.clients:
        runtime.world.monitors.clear(client)
    others = Audience(runtime.world.shared_room_audience(user).clients - set(user.clients))
    changeset.emit_each(user.make_room_events(Kind.QUIT, text=reason, data=data), others)
    notify_offline(runtime, changeset, user.key, user.nick)
