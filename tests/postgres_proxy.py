"""A TCP proxy in front of the tests' PostgreSQL server, which loses connections during a commit."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from threading import Event, Thread

from sqlalchemy import URL

RECEIVE_BYTES = 65_536
TIMEOUT_SECONDS = 20.0


class Loss(Enum):
    """What becomes of a statement whose connection is lost."""

    ANSWER = auto()  # the server runs it, but its answer does not arrive
    STATEMENT = auto()  # it does not reach the server, which rolls the transaction back
    DELAYED = auto()  # it reaches the server after the client has connected again and waits for the lock


@dataclass(slots=True)
class _Link:
    """The two connections of a client: to the proxy and to the server."""

    near: socket.socket
    far: socket.socket
    is_marked: bool = False
    is_cut: bool = False

    def close(self) -> None:
        for end in (self.near, self.far):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class PostgresProxy:
    """Forwards connections to a server, and loses those that it is told to lose."""

    def __init__(self, address: str) -> None:
        self._address = address  # of the server's Unix socket
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.refuses_after_loss = False  # nobody can connect again once a connection is lost
        self.losses = 0  # connections lost so far
        self._loss: Loss | None = None
        self._marker = self._statement = b""
        self._lock_requested = Event()
        self._links: list[_Link] = []
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def lose(self, loss: Loss, marker: bytes = b"", statement: bytes = b"COMMIT") -> None:
        """Lose the next connection on which the statement follows the marker."""
        self._loss, self._marker, self._statement = loss, marker, statement

    def close(self) -> None:
        """Close all connections and stop."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for link in self._links:
            link.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self.losses and self.refuses_after_loss:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self._address)
                link = _Link(near, far)
                self._links.append(link)
                for forward in (self._forward, self._return):
                    Thread(target=forward, args=[link], daemon=True).start()

    def _forward(self, link: _Link) -> None:
        """Forward what the client sends."""
        with suppress(OSError):
            while data := link.near.recv(RECEIVE_BYTES):
                if self._is_lost(link, data):
                    self._lose(link, data)
                    return
                link.far.sendall(data)
                if b"pg_advisory_xact_lock" in data:
                    self._lock_requested.set()
        link.close()

    def _is_lost(self, link: _Link, data: bytes) -> bool:
        link.is_marked |= self._loss is not None and self._marker in data
        return self._loss is not None and link.is_marked and self._statement in data

    def _lose(self, link: _Link, data: bytes) -> None:
        loss, self._loss = self._loss, None
        self.losses += 1
        self._lock_requested.clear()
        link.is_cut = True
        if loss is Loss.STATEMENT:
            link.close()
        if loss is Loss.DELAYED:
            link.near.shutdown(socket.SHUT_RDWR)
            self._lock_requested.wait(TIMEOUT_SECONDS)
        if loss is not Loss.STATEMENT:
            link.far.sendall(data)

    def _return(self, link: _Link) -> None:
        """Return the server's answers, except to a statement whose connection is lost."""
        with suppress(OSError):
            while data := link.far.recv(RECEIVE_BYTES):
                if link.is_cut:
                    break
                link.near.sendall(data)
        link.close()


@contextmanager
def open_proxy(url: URL) -> Iterator[tuple[PostgresProxy, URL]]:
    """Yield a proxy to a database of the tests' server, and the URL of the database through it."""
    proxy = PostgresProxy(f"{url.query['host']}/.s.PGSQL.5432")
    yield (
        proxy,
        URL.create("postgresql", url.username, host="127.0.0.1", port=proxy.port, database=url.database),
    )
    proxy.close()
