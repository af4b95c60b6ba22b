"""The end of sessions: on disconnect, timeout, ban or kill, and at shutdown.

A user quits when the last device is detached (`detach_client`), or at once when all of them are
disconnected (`disconnect_user`). An always-on account may stay without a device (`always_on`).
"""

from collections.abc import Iterable, Sequence

from app.commands.runtime import Runtime
from app.commands.sessions import always_on
from app.commands.sessions.connections import close_client, find_departure
from app.commands.sessions.devices import publish_devices
from app.commands.sessions.nick_changes import notify_offline
from app.engine.changeset import Changeset
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
    if leaving is not None and always_on.ends_without(runtime, leaving, world.node):
        _emit_quit(runtime, changeset, leaving, reason, departure)
        leaving = None
    world.detach(client)
    if leaving is not None:
        always_on.leave_node(changeset, leaving, world.node, departure.heard)
    elif user is not None and user.clients:
        publish_devices(world, changeset, user)


def disconnect_user(
    runtime: Runtime, changeset: Changeset, user: User, reason: str, delivered_until: int | None = None
) -> None:
    """End a user's session and close all devices at once, even for an always-on account.

    Everything up to the instant `delivered_until`, by default now, has been delivered to the user.
    """
    departure = None if delivered_until is None else DepartureData(heard=delivered_until)
    _emit_quit(runtime, changeset, user, reason, departure)
    disconnect_devices(runtime, changeset, user, reason)


def disconnect_devices(runtime: Runtime, changeset: Changeset, user: User, reason: str) -> None:
    """Detach and close all devices that a user has on this node."""
    for client in list(user.clients):
        disconnect_device(runtime, changeset, client, reason)


def disconnect_device(runtime: Runtime, changeset: Changeset, client: Client, reason: str) -> None:
    """Detach and close one device at once; the caller records what that means for its user."""
    runtime.world.detach(client)
    close_client(changeset, client, reason)


def disconnect_expired(runtime: Runtime, changeset: Changeset, users: Iterable[User]) -> None:
    """Disconnect users without a device that may no longer stay online."""
    for user in list(users):
        reason = always_on.expiry_reason(runtime, user)
        if reason is not None:
            disconnect_user(runtime, changeset, user, reason)


def end_sessions(
    runtime: Runtime, changeset: Changeset, node: str, reason: str, delivered_until: int | None
) -> None:
    """Take the devices of a node that is gone off all sessions; some end for a reason.

    Everything up to the instant `delivered_until` has been delivered to them; None means now.
    """
    for user in runtime.world.users_on(node):
        if always_on.ends_without(runtime, user, node):
            disconnect_user(runtime, changeset, user, reason, delivered_until)
        else:
            always_on.leave_node(changeset, user, node, delivered_until)


def disconnect_all(
    runtime: Runtime, changeset: Changeset, reason: str, departing: Sequence[Client] = ()
) -> None:
    """Close all connections at shutdown; sessions without other devices end unless always-on.

    The QUITs are stored but not delivered here, because every client is disconnected anyway.
    """
    world = runtime.world
    for user in world.users_on(world.node):
        is_ending = always_on.ends_without(runtime, user, world.node)
        quit_events = user.make_room_events(Kind.QUIT, text=reason)
        events = quit_events if is_ending else always_on.make_leaving_events(user, world.node)
        changeset.events += events
        for event in events:
            world.apply(event)
    for client in dict.fromkeys((*world.clients, *departing)):
        close_client(changeset, client, reason)


def _emit_quit(
    runtime: Runtime, changeset: Changeset, user: User, reason: str, data: DepartureData | None = None
) -> None:
    """Emit QUIT to users in the same rooms, and notify clients that monitor the nick."""
    forget_monitored(runtime, user)
    changeset.emit_each(user.make_room_events(Kind.QUIT, text=reason, data=data))
    notify_offline(runtime, changeset, user.key, user.nick)


def forget_monitored(runtime: Runtime, user: User) -> None:
    """Empty the MONITOR lists of a user who quits."""
    for client in user.clients:
        runtime.world.monitors.clear(client)
