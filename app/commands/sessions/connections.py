"""What becomes of connections, whoever they speak for: they arrive, fall silent, and are closed by the server.

Closing one is not yet the end of it: its reader sees that, and says so (`leaving.detach`).
"""

from app.commands.runtime import Desk
from app.engine.changeset import Batch
from app.engine.delivery.client import Client


def arrive(desk: Desk, batch: Batch, client: Client) -> None:
    """A connection is there; it may stay unless too many others are logging in."""
    world = desk.world
    if len(world.strangers) < desk.settings.max_unregistered:
        world.arrive(client)
    else:
        close(batch, client, "Too many connections are logging in; try again later")


def close(batch: Batch, client: Client, reason: str) -> None:
    """Close a connection behind a line that says why; if it still speaks for somebody, they leave for that reason."""
    client.parting = reason
    batch.close(client, f"ERROR :Closing link: {reason}")


def look_after_idle(desk: Desk, batch: Batch) -> None:
    """Ask the silent whether they are there, and close those that do not answer or never register."""
    settings, now = desk.settings, desk.clock.monotonic()
    for client in desk.world.clients:
        silence = now - client.heard
        if client.ended:
            continue
        if client.session is None and now - client.since > settings.register_timeout:
            close(batch, client, "Registration timed out")
        elif silence > settings.ping_interval + settings.ping_timeout:
            close(batch, client, "Ping timeout")
        elif silence > settings.ping_interval and not client.pinged:
            client.pinged = True
            batch.tell(client, f"PING :{desk.server}")
