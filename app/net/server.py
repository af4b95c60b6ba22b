"""Accepting connections: one server per listener, one reader thread per connection."""

import errno
import logging
import socket
import socketserver
from _thread import start_new_thread
from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Thread
from typing import Any

from app import access_log
from app.engine.delivery.client import Client
from app.net.receive.connection import Connection, ServerHandles
from app.net.receive.connection_limits import ConnectionLimits, ConnectionSlot
from app.net.receive.submission import Submitter
from app.net.send.flusher_pool import FlusherPool
from app.net.send.outbox import Outbox
from app.net.transport.transport import Transport
from app.process import set_switch_interval
from app.threads import name_thread

BACKLOG = 1024  # length of the kernel's accept queue
PAUSE_SECONDS = 0.1  # before accepting again after running out of file descriptors
_SHORTAGE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """A listener. `wrap` creates the transport of a connection; None means plain text."""

    name: str
    ip: str
    port: int
    wrap: Callable[[], Transport] | None = None
    is_encrypted: bool = False

    def new_transport(self) -> Transport | None:
        """Return the transport for a new connection, or None for plain text."""
        return None if self.wrap is None else self.wrap()


class ConnectionHandler(socketserver.BaseRequestHandler):
    """Serves one connection on its own thread."""

    server: "ChatServer"

    def handle(self) -> None:
        """Read the connection until its end."""
        self.server.serve_connection(self.request, self.client_address[0])


class ChatServer(socketserver.ThreadingTCPServer):
    """Accepts connections on one port; only the flushers close their sockets."""

    request_queue_size = BACKLOG
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, config: ListenerConfig, flushers: FlusherPool, limits: ConnectionLimits) -> None:
        """Bind the port; connections are served after `open`."""
        self.address_family = socket.AF_INET6 if ":" in config.ip else socket.AF_INET
        self.config = config
        self._flushers = flushers
        self.limits = limits
        self._is_short = False  # out of file descriptors; logged once
        super().__init__((config.ip, config.port), ConnectionHandler)
        # Connections inherit these options. Urgent data is received in line (RFC 6093); otherwise
        # it would make the socket readable with nothing to receive.
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
        self.port: int = self.server_address[1]
        self._thread = Thread(target=self._accept, name=f"accept-{self.port}", daemon=True)

    def reconfigure(self, config: ListenerConfig) -> None:
        """Use the new configuration's transport for new connections; the port does not change."""
        self.config = replace(self.config, wrap=config.wrap)

    def open(self, handles: ServerHandles) -> None:
        """Start accepting connections."""
        self._handles = handles
        self._thread.start()

    def close(self) -> None:
        """Stop accepting connections and close the port."""
        self.shutdown()
        self.server_close()

    def _accept(self) -> None:
        name_thread(self._thread.name)
        self.serve_forever(poll_interval=0.2)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; when out of file descriptors, pause instead of spinning."""
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
            logger.warning("Cannot accept connections for now: %s", error.strerror)
        self._is_short = True
        self._handles.stopping.wait(PAUSE_SECONDS)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Return whether the limits admit a connection; if not, refuse it with an ERROR line."""
        refusal = self.limits.admit(client_address[0])
        if refusal is None:
            set_switch_interval(self.limits.count)
            return True
        self._refuse(request, client_address[0], refusal)
        return False

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the reader thread of a connection; if that fails, refuse the connection.

        `Thread.start` would block until the new thread has first held the interpreter lock. Under
        load that takes milliseconds, and it would delay every connection in the accept queue.
        """
        try:
            start_new_thread(self.process_request_thread, (request, client_address))
        except RuntimeError:
            logger.warning("Refused a connection: cannot start a thread")
            self.limits.release(client_address[0])
            self._refuse(request, client_address[0], "The server is full; try again later")

    def _refuse(self, connection: socket.socket, address: str, reason: str) -> None:
        """Close a connection, with an ERROR line if the transport can send before its handshake."""
        access_log.refused(address, reason)
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
        """Serve one connection on its reader thread."""
        name_thread(f"reader {address}")
        slot = ConnectionSlot(self.limits, address)
        try:
            outbox = self._new_outbox(connection)
            # Inline rather than in helpers: one more call frame costs every reader a page of stack.
            handles = self._handles
            client = Client(outbox, address, self.config.is_encrypted, handles.runtime.clock.monotonic())
            submitter = Submitter(client, handles.engine, handles.runtime)
            Connection(connection, client, outbox, slot, submitter, handles).serve()
        finally:
            slot.release()

    def _new_outbox(self, connection: socket.socket) -> Outbox:
        """Create the outbox of a connection, on the flusher with the fewest connections."""
        try:
            transport = self.config.new_transport()
        except Exception:
            connection.close()  # no flusher owns it yet
            raise
        flusher = self._flushers.choose()
        outbox = Outbox(connection, flusher, self._handles.runtime.settings.sendq, transport)
        flusher.adopt(outbox)
        return outbox

    def shutdown_request(self, request: Any) -> None:
        """Do nothing: the flusher closes the socket."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log an exception in a reader thread; other connections are not affected."""
        logger.exception("The connection from %s failed", client_address[0])


def plain_address(address: str) -> str:
    """Return an IPv4-mapped IPv6 address (`::ffff:192.0.2.1`) as IPv4, and any other unchanged."""
    return address.removeprefix("::ffff:") if "." in address else address
