"""The server in the test's own process: real sockets on loopback, real threads, the settings a test wants."""

import ssl
from pathlib import Path
from threading import Event

from app.bootstrap import Shell, assemble, start, stop
from app.clock import Clock
from app.db.database import Database, parse_database_url
from app.net.listeners import listen
from app.net.receive.connection import RECEIVE_LOOP_THRESHOLD_UNITS
from app.net.receive.receive_loop import ReceiveLoop
from app.net.send.flusher_pool import FlusherPool
from app.settings import ServerSettings
from tests.process.socket_client import SocketClient

PEMS = Path(__file__).parents[1] / "tls"
GIVEN = {
    "port": 0,
    "tls_port": 0,
    "websocket_port": 0,
    "websocket_tls_port": 0,
    "tls_cert": PEMS / "cert.pem",
    "tls_key": PEMS / "key.pem",
    "flood_rate": 0,
    "replay": 0,
}


def trust() -> ssl.SSLContext:
    """Return a client's context that trusts the certificate of the tests."""
    return ssl.create_default_context(cafile=str(PEMS / "cert.pem"))


class RunningServer:
    """A running server on a database file that has its schema; one plain port and one with TLS."""

    def __init__(
        self,
        path: Path,
        clock: Clock,
        receive_loop_threshold: int = RECEIVE_LOOP_THRESHOLD_UNITS,
        **settings: object,
    ) -> None:
        self.settings = ServerSettings.model_validate(GIVEN | settings)
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
        """Open a connection, and register it if a nick is given; it is closed with the server."""
        context, port = (trust(), self.tls_port) if tls else (None, self.port)
        peer = SocketClient(port, receive_buffer=receive_buffer, tls=context)
        self._peers.append(peer)
        if nick is not None:
            peer.register(nick, *caps)
        return peer

    @property
    def open_sockets(self) -> int:
        """How many connections are not closed yet."""
        return self._shell.flushers.connection_count

    def close(self) -> None:
        """Stop as the server does, once everybody has hung up."""
        for peer in self._peers:
            peer.close()
        self._stopping.set()
        stop(self._core, self._shell)
        assert not self.open_sockets
        self.database.close()
