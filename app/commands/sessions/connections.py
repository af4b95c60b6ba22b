"""What becomes of connections, whoever they speak for: they arrive, fall silent, and are closed by the server.

Closing one is not yet the end of it: its reader sees that, and says so (`leaving.detach`).
"""

from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client


def accept_client(runtime: Runtime, changeset: Changeset, client: Client) -> None:
    """A connection is there; it may stay unless too many others are logging in."""
    world = runtime.world
    if len(world.unregistered) < runtime.settings.max_unregistered:
        world.arrive(client)
    else:
        close_client(changeset, client, "Too many connections are logging in; try again later")


def close_client(changeset: Changeset, client: Client, reason: str) -> None:
    """Close a connection behind a line that says why; if it still speaks for somebody, they leave for that reason."""
    client.parting = reason
    changeset.close(client, f"ERROR :Closing link: {reason}")


def check_idle(runtime: Runtime, changeset: Changeset) -> None:
    """Ask the silent whether they are there, and close those that do not answer or never register."""
    settings, now = runtime.settings, runtime.clock.monotonic()
    for client in runtime.world.clients:
        silence = now - client.heard
        if client.ended:
            continue
        if client.session is None and now - client.since > settings.register_timeout:
            close_client(changeset, client, "Registration timed out")
        elif silence > settings.ping_interval + settings.ping_timeout:
            close_client(changeset, client, "Ping timeout")
        elif silence > settings.ping_interval and not client.pinged:
            client.pinged = True
            changeset.tell(client, f"PING :{runtime.server_name}")
