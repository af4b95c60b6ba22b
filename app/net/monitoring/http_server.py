"""The HTTP listener for monitoring, with limits on connections, request size and time.

Each path is a route: a function that returns a reply. The route of metrics is served by
prometheus-client, which chooses between its formats.

A few threads serve one request each, so that this port can use up neither the descriptors of the
server nor its time. A request is read as a whole before it is parsed, within a deadline that does
not start again with each byte.
"""

import hmac
import logging
import socket
import sys
from contextlib import suppress
from http import HTTPStatus
from io import BytesIO
from socketserver import ThreadingTCPServer
from threading import BoundedSemaphore, Event, Thread
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import MetricsHandler

from app.clock import Clock
from app.net.monitoring.route import Reply, Routes, host_of, is_loopback
from app.threads import name_thread

MAX_CONNECTIONS = 8  # open at once; a scrape takes a few milliseconds
MAX_REQUEST_BYTES = 8 * 1024  # of the request line and the headers
REQUEST_SECONDS = 5.0  # to receive a request, and again to send the response
BACKLOG = 128  # length of the accept queue of the kernel
PAUSE_SECONDS = 0.1  # before accepting again after running out of file descriptors
METRICS_PATH = "/metrics"
METHODS = ("GET", "HEAD")
ERROR_HEADERS = {
    HTTPStatus.METHOD_NOT_ALLOWED: ("Allow", ", ".join(METHODS)),
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", "Bearer"),
}
END_OF_HEADERS = b"\r\n\r\n"
BUSY = b"HTTP/1.0 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n"

logger = logging.getLogger(__name__)


class MetricsRequestHandler(MetricsHandler):
    """Answers one GET or HEAD request; closes if it is too large or not complete in time."""

    server: "MetricsServer"
    request: socket.socket

    def setup(self) -> None:
        """Receive the request."""
        self.registry = self.server.registry
        self.rfile = BytesIO(self._receive_request())
        self.wfile = self._response = BytesIO()

    def _receive_request(self) -> bytes:
        """Return the request line and the headers; b"" if they are not complete in time."""
        clock, received = self.server.clock, b""
        deadline = clock.monotonic() + REQUEST_SECONDS
        while END_OF_HEADERS not in received and len(received) <= MAX_REQUEST_BYTES:
            seconds = deadline - clock.monotonic()
            if seconds <= 0:
                return b""
            self.request.settimeout(seconds)
            data = self.request.recv(MAX_REQUEST_BYTES)
            if not data:
                return b""
            received += data
        return received if len(received) <= MAX_REQUEST_BYTES else b""

    def parse_request(self) -> bool:
        """Parse the request line and the headers; refuse what is unknown or not allowed."""
        if not super().parse_request():
            return False
        path = self.path.partition("?")[0]
        self._route = self.server.routes.get(path)
        refusal = self._find_refusal(path)
        if refusal is not None:
            self._refuse(refusal)
        return refusal is None

    def _find_refusal(self, path: str) -> HTTPStatus | None:
        """Return the status with which the request is refused, or None."""
        if self._route is None and path != METRICS_PATH:
            return HTTPStatus.NOT_FOUND
        if self.command not in METHODS:
            return HTTPStatus.METHOD_NOT_ALLOWED
        token = self._route.token if self._route else None
        if token is None:
            return None
        if not self._is_local():
            return HTTPStatus.FORBIDDEN
        return None if self._has_token(token) else HTTPStatus.UNAUTHORIZED

    def _has_token(self, token: str) -> bool:
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())

    def _is_local(self) -> bool:
        """Whether the request comes from this machine, and not from a web page of another name."""
        peer, own = self.client_address[0], self.request.getsockname()[0]
        host = host_of(self.headers.get("Host", ""))
        return (is_loopback(peer) or peer == own) and (is_loopback(host) or host == own)

    def do_GET(self) -> None:  # noqa: N802  the name that the base class calls
        """Serve the route."""
        if self._route is None:
            super().do_GET()
        else:
            self._send(self._route.reply())

    def _refuse(self, status: HTTPStatus) -> None:
        """Send an error, with the header that it requires."""
        self._send(Reply(f"{status.phrase}\n".encode(), "text/plain; charset=utf-8", status))

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        if reply.status in ERROR_HEADERS:
            self.send_header(*ERROR_HEADERS[reply.status])
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)

    def do_HEAD(self) -> None:  # noqa: N802
        """Serve the headers only."""
        self.do_GET()
        self._response.truncate(self._response.getvalue().index(END_OF_HEADERS) + len(END_OF_HEADERS))

    def finish(self) -> None:
        """Send the response. The timeout is that of all of it, not of each part."""
        self.request.settimeout(REQUEST_SECONDS)
        self.request.sendall(self._response.getvalue())


class MetricsServer(ThreadingTCPServer):
    """Serves at most MAX_CONNECTIONS at once, each on a thread; further ones are refused."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = BACKLOG
    block_on_close = False

    def __init__(self, ip: str, port: int, clock: Clock, routes: Routes) -> None:
        """Bind the port, and start to serve. `routes` may be replaced at any time.

        Raises: OSError.
        """
        self.address_family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        self.registry = CollectorRegistry()
        self.routes = routes
        self.clock = clock
        self._slots = BoundedSemaphore(MAX_CONNECTIONS)
        self._stopping = Event()
        super().__init__((ip, port), MetricsRequestHandler)
        self.port: int = self.server_address[1]
        self._thread = Thread(target=self._serve, name="metrics", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        name_thread(self._thread.name)
        self.serve_forever(poll_interval=0.2)

    def close(self) -> None:
        """Stop serving and close the port."""
        self._stopping.set()
        self.shutdown()
        self.server_close()
        self._thread.join()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; when out of file descriptors, pause instead of spinning."""
        try:
            return super().get_request()
        except OSError:
            self._stopping.wait(PAUSE_SECONDS)
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve a connection on its own thread, or refuse it at once if there are too many."""
        if not self._slots.acquire(blocking=False):
            self._refuse(request)
            return
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # no thread can be started
            self._slots.release()
            self._refuse(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, then make room for another."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._slots.release()

    def _refuse(self, request: socket.socket) -> None:
        with suppress(OSError):
            request.send(BUSY, socket.MSG_DONTWAIT)
        self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log an unexpected exception; a peer that fails or is too slow is none of them."""
        if not isinstance(sys.exc_info()[1], OSError):
            logger.exception("A request for metrics failed")
