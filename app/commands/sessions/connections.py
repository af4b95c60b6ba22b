"""Acceptance, keep-alive and closing of connections.

A closed connection stays in the world until its reader reaches the end of the stream and removes it
(`leaving.detach_client`).
"""

from errno import ETIMEDOUT
from os import strerror

from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.engine.delivery.client import Client
from app.engine.delivery.sink import EVICTED
from app.events.data import DepartureData

PING_TIMEOUT = "Ping timeout"
DRAINING = "This server is about to stop; connect again to reach another one"
MAX_DRAINED_CLIENTS = 20  # at a time
DRAINED_SHARE = 50  # at least one client of this many at a time, so that draining takes a minute

NETWORK_TIMEOUT = strerror(ETIMEDOUT)


def accept_client(runtime: Runtime, changeset: Changeset, client: Client) -> None:
    """Add a new connection to the world, or close it if too many are unregistered."""
    world = runtime.world
    if world.is_draining:
        close_client(changeset, client, DRAINING)
    elif len(world.unregistered) < runtime.settings.max_unregistered:
        world.add_connection(client)
    else:
        close_client(changeset, client, "Too many connections are registering; try again later")


def close_client(changeset: Changeset, client: Client, reason: str) -> None:
    """Close a connection with an ERROR line; the QUIT has the same reason."""
    client.quit_reason = reason
    changeset.close(client, f"ERROR :Closing link: {reason}")


def check_idle(runtime: Runtime, changeset: Changeset) -> None:
    """Ping idle connections; close those that do not reply or do not register in time."""
    settings, now = runtime.settings, runtime.clock.monotonic()
    for client in runtime.world.clients:
        idle_seconds = now - client.last_received
        if client.is_closed:
            continue
        if client.session is None and now - client.connected_at > settings.register_timeout:
            close_client(changeset, client, "Registration timed out")
        elif idle_seconds > settings.ping_interval + settings.ping_timeout:
            close_client(changeset, client, PING_TIMEOUT)
        elif idle_seconds > settings.ping_interval and not client.ping_sent:
            client.ping_sent = True
            changeset.send(client, f"PING :{runtime.server_name}")


def drain(runtime: Runtime, changeset: Changeset) -> bool:
    """Close the next few connections before the server stops; return whether none is left."""
    clients = runtime.world.clients
    open_clients = [client for client in clients if not client.is_closed]
    for client in open_clients[: max(MAX_DRAINED_CLIENTS, len(open_clients) // DRAINED_SHARE)]:
        close_client(changeset, client, DRAINING)
    return not clients


def find_departure(runtime: Runtime, client: Client, reason: str) -> DepartureData:
    """Return the data of a client's departure for a reason.

    What was sent to a client that no longer replies, or no longer reads, has probably not arrived.
    """
    if reason not in (PING_TIMEOUT, EVICTED, NETWORK_TIMEOUT):
        return DepartureData()
    return DepartureData(heard=find_last_received(runtime, client))


def find_last_received(runtime: Runtime, client: Client) -> int:
    """Return the instant at which the last line of a client was received."""
    silent_seconds = runtime.clock.monotonic() - client.last_received
    return runtime.clock.now() - int(silent_seconds * 1000)
