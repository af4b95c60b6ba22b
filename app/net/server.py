"""The listening side: `socketserver.ThreadingTCPServer`, one handler thread for each connection."""

import errno
import logging
import socket
import socketserver
from _thread import start_new_thread
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any

from app.engine.delivery.client import Client
from app.net.receive.connection import Connection, ServerHandles
from app.net.receive.connection_limits import ConnectionLimits, ConnectionSlot
from app.net.receive.submission import Submitter
from app.net.send.flusher_pool import FlusherPool
from app.net.send.outbox import Outbox
from app.net.transport.transport import Transport
from app.process import set_switch_interval
from app.threads import name_thread

BACKLOG = 1024  # connections the system accepts ahead of us
PAUSE_SECONDS = 0.1  # before accepting again when there are no descriptors or threads left
_SHORTAGE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """One port, as people call it. `wrap` makes a connection's pipe; without one, its bytes are lines as they come."""

    name: str
    ip: str
    port: int
    wrap: Callable[[], Transport] | None = None
    is_encrypted: bool = False

    def new_transport(self) -> Transport | None:
        """Return the pipe of a new connection, if there is to be one."""
        return None if self.wrap is None else self.wrap()


class ConnectionHandler(socketserver.BaseRequestHandler):
    """Serves one connection on its own thread."""

    server: "ChatServer"

    def handle(self) -> None:
        """Read the connection until its end."""
        self.server.serve_connection(self.request, self.client_address[0])


class ChatServer(socketserver.ThreadingTCPServer):
    """Accepts connections on one port. The flushers close their sockets; nobody else does."""

    request_queue_size = BACKLOG
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, config: ListenerConfig, flushers: FlusherPool, limits: ConnectionLimits) -> None:
        """Take the port; nobody is served before `open`."""
        self.address_family = socket.AF_INET6 if ":" in config.ip else socket.AF_INET
        self.config = config
        self._flushers = flushers
        self.limits = limits
        self._is_short = False  # the system has no descriptors left for those who wait
        super().__init__((config.ip, config.port), ConnectionHandler)
        # Connections inherit these. What is urgent is like all else (RFC 6093): left out of line, it would make
        # the socket readable, while there is nothing to receive.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        self.port: int = self.server_address[1]
        self._thread = Thread(target=self._accept, name=f"accept-{self.port}", daemon=True)

    def reconfigure(self, config: ListenerConfig) -> None:
        """Wrap the connections of those who come from now on as another door does; the port stays."""
        self.config = replace(self.config, wrap=config.wrap)

    def open(self, handles: ServerHandles) -> None:
        """Begin to serve."""
        self._handles = handles
        self._thread.start()

    def close(self) -> None:
        """Accept nobody any more."""
        self.shutdown()
        self.server_close()

    def _accept(self) -> None:
        name_thread(self._thread.name)
        self.serve_forever(poll_interval=0.2)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; when descriptors are short, pause instead of spinning."""
        try:
            connection, (address, *rest) = super().get_request()
        except OSError as error:
            if error.errno in _SHORTAGE:
                self._pause(error)
            raise
        self._is_short = False
        return connection, (plain_address(address), *rest)

    def _pause(self, error: OSError) -> None:
        if not self._is_short:
            logger.warning("Connections have to wait: %s", error.strerror)
        self._is_short = True
        self._handles.stopping.wait(PAUSE_SECONDS)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Refuse connections over the limits, with an ERROR that says so."""
        refusal = self.limits.admit(client_address[0])
        if refusal is None:
            set_switch_interval(self.limits.count)
            return True
        self._refuse(request, refusal)
        return False

    def process_request(self, request: Any, client_address: Any) -> None:
        """Give the connection its thread; if there is none to be had, refuse it.

        `Thread.start` would wait until the new thread has had its first turn, behind all that are at work:
        under load that takes milliseconds, and all who connect wait in line behind each other.
        """
        try:
            start_new_thread(self.process_request_thread, (request, client_address))
        except RuntimeError:
            logger.warning("A connection was refused: no thread to be had")
            self.limits.release(client_address[0])
            self._refuse(request, "The server is full; try again later")

    def _refuse(self, connection: socket.socket, reason: str) -> None:
        """Say why in the terms of this door, as far as they allow to say anything before the peer has, and close."""
        line, transport = f"ERROR :Closing link: {reason}\r\n".encode(), self.config.new_transport()
        try:
            connection.send(
                line if transport is None else transport.encrypt(line, is_last=True), socket.MSG_DONTWAIT
            )
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        connection.close()

    def serve_connection(self, connection: socket.socket, address: str) -> None:
        """Read one connection until its end; runs on the connection's own thread."""
        name_thread(f"reader {address}")
        slot = ConnectionSlot(self.limits, address)
        try:
            outbox = self._outbox(connection)
            # One after the other, not inside each other: a call deeper, and every reader's stack took a page more.
            handles = self._handles
            client = Client(outbox, address, self.config.is_encrypted, handles.runtime.clock.monotonic())
            submitter = Submitter(client, handles.engine, handles.runtime)
            Connection(connection, client, outbox, slot, submitter, handles).serve()
        finally:
            slot.release()

    def _outbox(self, connection: socket.socket) -> Outbox:
        """Entrust the connection to the flusher that has the fewest."""
        try:
            transport = self.config.new_transport()
        except Exception:
            connection.close()  # no flusher knows of it yet
            raise
        flusher = self._flushers.choose()
        outbox = Outbox(connection, flusher, self._handles.runtime.settings.sendq, transport)
        flusher.adopt(outbox)
        return outbox

    def shutdown_request(self, request: Any) -> None:
        """Leave the socket to its flusher, unless the connection was refused before it had one."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Note a fault of a handler in the server's log; the others notice nothing."""
        logger.exception("The connection from %s failed", client_address[0])


def plain_address(address: str) -> str:
    """Write an IPv4 address as such, also where a socket for both versions shows it as `::ffff:192.0.2.1`."""
    return address.removeprefix("::ffff:") if "." in address else address
