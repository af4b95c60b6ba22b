"""How people leave: by themselves, by silence, by force, or because the server stops."""

from collections.abc import Iterable

from app.commands import staying
from app.commands.desk import Desk
from app.commands.naming import vanish
from app.events import Kind
from app.live.audience import Audience
from app.live.batch import Batch
from app.live.client import Client
from app.live.user import User


def _leave(desk: Desk, batch: Batch, user: User, reason: str) -> None:
    """Let somebody be gone, and tell their neighbours and those who watch their nick."""
    for client in user.clients:
        desk.world.watches.clear(client)
    others = Audience(desk.world.neighbours(user).clients - set(user.clients))
    batch.emit_each(user.everywhere(Kind.QUIT, text=reason), others)
    vanish(desk, batch, user.key, user.nick)


def arrive(desk: Desk, batch: Batch, client: Client) -> None:
    """A connection is there; it may stay unless too many others are logging in."""
    world = desk.world
    if len(world.strangers) < desk.settings.max_unregistered:
        world.arrive(client)
    else:
        end(batch, client, "Too many connections are logging in; try again later")


def disconnect(desk: Desk, batch: Batch, client: Client, reason: str) -> None:
    """Take a connection out of the world; its person leaves with the last one, or stays without any."""
    world = desk.world
    user = world.user_of(client)
    last_of = user if user is not None and user.clients == [client] else None
    if last_of is not None and not staying.stays(desk, last_of):
        _leave(desk, batch, last_of, reason)
        last_of = None
    world.detach(client)
    if last_of is not None:
        staying.stay(desk, batch, last_of)


def expel(desk: Desk, batch: Batch, user: User, reason: str) -> None:
    """Disconnect somebody with all their connections."""
    _leave(desk, batch, user, reason)
    for client in list(user.clients):
        dismiss(desk, batch, client, reason)


def dismiss(desk: Desk, batch: Batch, client: Client, reason: str) -> None:
    """Disconnect one connection of somebody, who has others or has left."""
    desk.world.detach(client)
    batch.end(client, f"ERROR :Closing link: {reason}")


def see_off(desk: Desk, batch: Batch, users: Iterable[User]) -> None:
    """Let those leave who are here without a device and are not to be any longer."""
    for user in list(users):
        reason = staying.why_over(desk, user)
        if reason is not None:
            expel(desk, batch, user, reason)


def gone(desk: Desk, batch: Batch, client: Client, reason: str) -> None:
    """The peer of a connection is gone, for a reason that its reader saw unless another is known."""
    client.ended = True
    disconnect(desk, batch, client, client.parting or reason)


def look_after_idle(desk: Desk, batch: Batch) -> None:
    """Ask the silent whether they are there, and end those that do not answer or never register."""
    settings, now = desk.settings, desk.clock.monotonic()
    for client in desk.world.clients:
        silence = now - client.heard
        if client.ended:
            continue
        if client.session is None and now - client.since > settings.register_timeout:
            end(batch, client, "Registration timed out")
        elif silence > settings.ping_interval + settings.ping_timeout:
            end(batch, client, "Ping timeout")
        elif silence > settings.ping_interval and not client.pinged:
            client.pinged = True
            batch.tell(client, f"PING :{desk.server}")


def end(batch: Batch, client: Client, reason: str) -> None:
    """Close a connection of somebody who hears why, and who leaves for that reason."""
    client.parting = reason
    batch.end(client, f"ERROR :Closing link: {reason}")


def farewell(desk: Desk, batch: Batch) -> None:
    """Everybody leaves because the server stops, but for those who stay: they are there when it starts again."""
    reason = "The server is shutting down"
    for user in list(desk.world.users.values()):
        if not staying.stays(desk, user):
            batch.events += user.everywhere(Kind.QUIT, text=reason)
    for client in desk.world.clients:
        batch.end(client, f"ERROR :Closing link: {reason}")
