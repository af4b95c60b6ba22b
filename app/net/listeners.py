"""The listeners of the server: its ports, with the transport of each."""

import errno
from collections.abc import Callable, Iterator, Sequence

from app.errors import ChatError
from app.net.receive.connection_limits import ConnectionLimits
from app.net.send.flusher_pool import FlusherPool
from app.net.server import ChatServer, ListenerConfig
from app.net.transport.transport import ChainedTransport, Transport
from app.settings import ServerSettings


def listen(settings: ServerSettings, flushers: FlusherPool) -> list[ChatServer]:
    """Bind the ports; connections are not served yet.

    Raises: ChatError when a port cannot be bound.
    """
    limits = ConnectionLimits(
        settings.max_connections, settings.max_connections_per_address, settings.proxy_from
    )
    servers: list[ChatServer] = []
    try:
        for config in _configs(settings):
            servers.append(_bind(config, flushers, limits))
    except ChatError:
        for server in servers:
            server.server_close()
        raise
    return servers


def prepare_reload(servers: Sequence[ChatServer], settings: ServerSettings) -> Callable[[], None]:
    """Load certificates and limits from new settings; return a function that applies them.

    Raises: SettingsRefused when a certificate is unusable; nothing has changed then.
    """
    configs = {config.name: config for config in _configs(settings)}

    def apply() -> None:
        for server in servers:
            server.reconfigure(configs.get(server.config.name, server.config))
        servers[0].limits.configure(  # shared by all listeners
            settings.max_connections, settings.max_connections_per_address, settings.proxy_from
        )

    return apply


def _configs(settings: ServerSettings) -> Iterator[ListenerConfig]:
    """Yield the listeners in the settings, the plain one first."""
    ip, origins = settings.ip, settings.websocket_origins
    yield ListenerConfig("IRC", ip, settings.port)
    if settings.websocket_port is not None:
        yield ListenerConfig("WebSocket", ip, settings.websocket_port, _accept_websockets(origins))
    if settings.tls_cert is None or settings.tls_key is None:
        return
    from app.net.transport.tls import (  # imported late: without a certificate OpenSSL is not needed
        TlsTransport,
        new_context,
        request_client_certificates,
    )

    context = new_context(settings.tls_cert, settings.tls_key)
    request_client_certificates(context)
    yield ListenerConfig("TLS", ip, settings.tls_port, lambda: TlsTransport(context), is_encrypted=True)
    if settings.websocket_tls_port is not None:
        web_context = new_context(settings.tls_cert, settings.tls_key)
        accept = _accept_websockets(origins)

        def wrap() -> Transport:
            return ChainedTransport(TlsTransport(web_context), accept())

        yield ListenerConfig("WebSocket in TLS", ip, settings.websocket_tls_port, wrap, is_encrypted=True)


def _accept_websockets(origins: Sequence[str]) -> Callable[[], Transport]:
    """Return the function that wraps a new connection, for pages of these origins."""
    from app.net.transport.websocket import WebSocketTransport  # imported late: off by default

    return lambda: WebSocketTransport(origins)


def _bind(config: ListenerConfig, flushers: FlusherPool, limits: ConnectionLimits) -> ChatServer:
    try:
        return ChatServer(config, flushers, limits)
    except OSError as error:
        is_taken = error.errno == errno.EADDRINUSE
        raise ChatError(
            f"Cannot listen on {config.ip} port {config.port}: {error.strerror or error}. "
            f"Choose another with -i and -p{', or stop what is using it' if is_taken else ''}."
        ) from error
