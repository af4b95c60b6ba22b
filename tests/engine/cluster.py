"""Several nodes on one database, without sockets and threads."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import URL

from app.db.database import Database, parse_database_url
from tests.chat_file import create_chat_file
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness


class Cluster:
    """Nodes by name. Each has its own connection to the database, and adopts what others append."""

    def __init__(self, url: URL, clock: MovedClock, **settings: object) -> None:
        self._url = url
        self.clock = clock
        self._settings = settings
        self.nodes: dict[str, EngineHarness] = {}

    def start(self, name: str) -> EngineHarness:
        """Start a node beside those that are running."""
        database = Database(self._url)
        self.nodes[name] = EngineHarness(database, self.clock, is_node=True, node=name, **self._settings)
        return self.nodes[name]

    def settle(self) -> None:
        """Let all nodes adopt until nothing is left to adopt."""
        while any(node.adopt() for node in self.nodes.values()):
            pass

    def stop(self, name: str) -> EngineHarness:
        """Stop a node as on SIGTERM; what its clients received can still be read."""
        node = self.nodes.pop(name)
        node.shut_down()
        node.database.close()
        return node

    def kill(self, name: str) -> None:
        """End a node as on SIGKILL: only what is stored is left."""
        self.nodes.pop(name).close()

    def close(self) -> None:
        """Close the databases of all nodes."""
        for node in self.nodes.values():
            node.close()


@contextmanager
def new_cluster(**settings: object) -> Iterator[Cluster]:
    """Yield a cluster without nodes on a new SQLite file."""
    with TemporaryDirectory() as folder:
        url = parse_database_url(str(create_chat_file(Path(folder) / "chat.db")))
        cluster = Cluster(url, MovedClock(), **settings)
        yield cluster
        cluster.close()
