"""The doors of the server: its ports, and what stands between a socket's bytes and IRC at each."""

import errno
from collections.abc import Callable, Iterator, Sequence

from app.errors import ChatError
from app.net.receive.connection_limits import Census
from app.net.send.flusher import Flusher
from app.net.server import ChatServer, Door
from app.net.transport.transport import Chain, Pipe
from app.net.transport.websocket import WebSocketPipe
from app.settings import ServerSettings


def listen(settings: ServerSettings, flushers: list[Flusher]) -> list[ChatServer]:
    """Take the ports; nobody is served yet.

    Raises: ChatError when a port cannot be taken.
    """
    census = Census(settings.max_connections, settings.max_connections_per_address, settings.proxy_from)
    servers: list[ChatServer] = []
    try:
        for door in _doors(settings):
            servers.append(_bind(door, flushers, census))
    except ChatError:
        for server in servers:
            server.server_close()
        raise
    return servers


def refitted(servers: Sequence[ChatServer], settings: ServerSettings) -> Callable[[], None]:
    """Get the doors ready for other settings: certificates, limits. What is returned lets them hold, at once.

    Raises: SettingsRefused when a certificate cannot be used; nothing was changed then.
    """
    doors = {door.name: door for door in _doors(settings)}

    def exchange() -> None:
        for server in servers:
            server.refit(doors.get(server.door.name, server.door))
        most, most_per_address = settings.max_connections, settings.max_connections_per_address
        servers[0].census.limit(most, most_per_address, settings.proxy_from)  # it counts for all of them

    return exchange


def _doors(settings: ServerSettings) -> Iterator[Door]:
    """Yield the doors that the settings ask for, the plain one first."""
    ip, origins = settings.ip, settings.websocket_origins
    yield Door("IRC", ip, settings.port)
    if settings.websocket_port is not None:
        yield Door("WebSocket", ip, settings.websocket_port, lambda: WebSocketPipe(origins))
    if settings.tls_cert is None or settings.tls_key is None:
        return
    from app.net.transport.tls import (  # here: without a certificate nobody need load OpenSSL
        TlsPipe,
        new_context,
    )

    context = new_context(settings.tls_cert, settings.tls_key)
    yield Door("TLS", ip, settings.tls_port, lambda: TlsPipe(context), is_encrypted=True)
    if settings.websocket_tls_port is not None:

        def wrap() -> Pipe:
            return Chain(TlsPipe(context), WebSocketPipe(origins))

        yield Door("WebSocket in TLS", ip, settings.websocket_tls_port, wrap, is_encrypted=True)


def _bind(door: Door, flushers: list[Flusher], census: Census) -> ChatServer:
    try:
        return ChatServer(door, flushers, census)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        raise ChatError(
            f"Cannot listen on {door.ip} port {door.port}: {error.strerror or error}. "
            f"Choose another with -i and -p{', or stop what is using it' if is_taken else ''}."
        ) from error
