"""A server in the test's process, with real threads and sockets on the loopback interface."""

import ssl
from pathlib import Path
from threading import Event

from app.bootstrap.assembly import assemble
from app.bootstrap.shell import Shell, start, stop
from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.net.listeners import listen, prepare_reload
from app.net.receive.connection import RECEIVE_LOOP_THRESHOLD_UNITS
from app.net.receive.receive_loop import ReceiveLoop
from app.net.send.flusher_pool import FlusherPool
from app.settings import ServerSettings
from tests.process.socket_client import SocketClient

CERTIFICATES = Path(__file__).parents[1] / "tls"
DEFAULT_SETTINGS = {
    "port": 0,
    "tls_port": 0,
    "websocket_port": 0,
    "websocket_tls_port": 0,
    "tls_cert": CERTIFICATES / "cert.pem",
    "tls_key": CERTIFICATES / "key.pem",
    "flood_rate": 0,
    "replay": 0,
}


def trust() -> ssl.SSLContext:
    """Return a client context that trusts the test certificate."""
    return ssl.create_default_context(cafile=str(CERTIFICATES / "cert.pem"))


class RunningServer:
    """A running server on a migrated database file, listening on plain, TLS and WebSocket ports."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        receive_loop_threshold: int = RECEIVE_LOOP_THRESHOLD_UNITS,
        **settings: object,
    ) -> None:
        self.settings = ServerSettings.model_validate(DEFAULT_SETTINGS | settings)
        self.database = Database(parse_database_url(str(path)))
        use_io_uring = self.settings.io_uring
        flushers = FlusherPool(self.settings.flushers, clock, use_io_uring)
        servers = listen(self.settings, flushers)
        self._shell = Shell(servers, ReceiveLoop(use_io_uring), flushers, receive_loop_threshold)
        self._core = assemble(self.settings, self.database, clock)
        self._stopping = Event()
        self._peers: list[SocketClient] = []
        start(self._core, self._shell, self._stopping)
        self.ports = {server.config.name: server.port for server in self._shell.servers}
        self.port, self.tls_port = self.ports["IRC"], self.ports["TLS"]

    def connect(
        self, nick: str | None = None, *caps: str, receive_buffer: int | None = None, tls: bool = False
    ) -> SocketClient:
        """Open a connection, and register it if a nick is given."""
        context, port = (trust(), self.tls_port) if tls else (None, self.port)
        peer = SocketClient(port, receive_buffer=receive_buffer, tls=context)
        self._peers.append(peer)
        if nick is not None:
            peer.register(nick, *caps)
        return peer

    def reload(self) -> None:
        """Apply the settings again, as SIGHUP does; the certificates are read anew."""
        prepare_reload(self._shell.servers, self.settings)()

    @property
    def open_sockets(self) -> int:
        """The number of open connections."""
        return self._shell.flushers.connection_count

    def close(self) -> None:
        """Close all client connections, then shut the server down."""
        for peer in self._peers:
            peer.close()
        self._stopping.set()
        stop(self._core, self._shell)
        assert not self.open_sockets
        self.database.close()
