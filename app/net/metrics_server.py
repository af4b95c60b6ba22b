"""The HTTP listener for metrics, with limits on connections, request size and time.

A few threads serve one request each, so that this port can use up neither the descriptors of the
server nor its time. A request is read as a whole before it is parsed, within a deadline that does
not start again with each byte.
"""

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
from app.threads import name_thread

MAX_CONNECTIONS = 8  # open at once; a scrape takes a few milliseconds
MAX_REQUEST_BYTES = 8 * 1024  # of the request line and the headers
REQUEST_SECONDS = 5.0  # to receive a request, and again to send the response
BACKLOG = 128  # length of the accept queue of the kernel
PAUSE_SECONDS = 0.1  # before accepting again after running out of file descriptors
PATHS = ("/", "/metrics")
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

    def do_GET(self) -> None:  # noqa: N802  the name that the base class calls
        """Serve the metrics."""
        if self.path.partition("?")[0] in PATHS:
            super().do_GET()
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

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

    def __init__(self, ip: str, port: int, clock: Clock) -> None:
        """Bind the port, and start to serve.

        Raises: OSError.
        """
        self.address_family = socket.AF_INET6 if ":" in ip else socket.AF_INET
        self.registry = CollectorRegistry()
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
