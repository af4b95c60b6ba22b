"""A TCP proxy in front of PostgreSQL that can stop answering, as a failed network does."""

import socket
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread

from sqlalchemy import URL


class _SilentRoute:
    """The two sockets of a connection, and whether data passes between them."""

    def __init__(self, client: socket.socket, server: socket.socket, forwarding: Event) -> None:
        self._sockets = (client, server)
        self.forwarding = forwarding
        for source, sink in ((client, server), (server, client)):
            Thread(target=self._forward, args=(source, sink), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.forwarding.wait()
                sink.sendall(data)
            self.forwarding.wait()
            sink.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close both sockets."""
        self.forwarding.set()
        for end in self._sockets:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class SilentProxy:
    """Forwards connections to PostgreSQL; while silent, it accepts data and forwards none."""

    def __init__(self, url: URL) -> None:
        self._target = url
        self._lock = Lock()
        self._routes: list[_SilentRoute] = []
        self._forwarding = _set_event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = url.set(host="127.0.0.1", port=self._listener.getsockname()[1], query={})
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> "SilentProxy":
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for route in self._routes:
            route.close()

    def silence(self) -> None:
        """Stop forwarding, in both directions, without closing anything."""
        self._forwarding.clear()

    def resume(self) -> None:
        """Forward again, including what was held."""
        self._forwarding.set()

    def lose_connections(self) -> None:
        """Forward nothing on the present connections any more; new ones work."""
        with self._lock:
            for route in self._routes:
                route.forwarding = Event()
            self._forwarding.set()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with self._lock:
                    self._routes.append(_SilentRoute(client, self._connect(), self._forwarding))

    def _connect(self) -> socket.socket:
        folder = self._target.query.get("host")
        if folder is None:
            return socket.create_connection((str(self._target.host), self._target.port or 5432))
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(Path(str(folder)) / f".s.PGSQL.{self._target.port or 5432}"))
        return server


def _set_event() -> Event:
    event = Event()
    event.set()
    return event
