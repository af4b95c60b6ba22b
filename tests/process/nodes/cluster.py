"""Several servers on one PostgreSQL database, each a process that can be killed and paused."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from tests.process.server_process import Server, free_port
from tests.process.socket_client import TIMEOUT_SECONDS, ConnectionEnded, SocketClient, connect
from tests.waiting import eventually

LEASE_SECONDS = 2.0  # the shortest that is allowed


class ServerNode:
    """A server of the cluster. It keeps its name, folder and port when it is started again."""

    def __init__(self, name: str, folder: Path, **settings: object) -> None:
        self.name = name
        self.port = free_port()
        self.health_port = free_port()
        self.folder = folder / name
        self.folder.mkdir()
        self._settings = {"metrics_port": self.health_port} | settings
        self._server: Server | None = None

    def start(self) -> None:
        """Start the server, again if it was killed."""
        self._server = Server(self.folder, "-p", str(self.port), node=self.name, **self._settings)

    @property
    def server(self) -> Server:
        """The latest run of the server."""
        assert self._server is not None
        return self._server

    @property
    def log(self) -> str:
        """The output of all its runs on standard error."""
        return self.server.log

    def connect(self, nick: str, *caps: str) -> SocketClient:
        """Open a connection, and register.

        Raises: OSError or ConnectionEnded when the server does not answer, or refuses.
        """
        return connect(self.port, nick, *caps)

    def kill(self) -> None:
        """Kill the server."""
        self.server.kill()

    def pause(self) -> None:
        """Stop the process, as a pause of its machine does."""
        self.server.process.send_signal(SIGSTOP)

    def resume(self) -> None:
        """Let the process continue."""
        self.server.process.send_signal(SIGCONT)

    def wait_until_serving(self) -> None:
        """Wait until the server, which may be starting again by itself, accepts clients."""
        eventually(self._serves, TIMEOUT_SECONDS, f"{self.name} does not serve: {self.log}")

    def _serves(self) -> bool:
        try:
            self.connect(f"probe{random.randrange(1 << 32):x}").close()
        except (OSError, ConnectionEnded):
            return False
        return True

    def close(self) -> None:
        """End the process, also if it is paused."""
        if self._server is not None:
            self.resume()
            self._server.kill()


class ServerCluster:
    """The nodes on a database."""

    def __init__(self, folder: Path, dbname: str, size: int, **settings: object) -> None:
        self.dbname = dbname
        shared = {"dbname": dbname, "node_lease": LEASE_SECONDS} | settings
        self.nodes = [ServerNode(f"node{number}", folder, **shared) for number in range(1, size + 1)]

    def start(self) -> None:
        """Start all nodes at once."""
        with ThreadPoolExecutor(len(self.nodes)) as pool:
            list(pool.map(ServerNode.start, self.nodes))

    def close(self) -> None:
        """End all processes."""
        for node in self.nodes:
            node.close()


@contextmanager
def open_cluster(folder: Path, dbname: str, size: int = 3, **settings: object) -> Iterator[ServerCluster]:
    """Start servers on a database, and end them afterwards."""
    cluster = ServerCluster(folder, dbname, size, **settings)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.close()
