"""The database of a simulation, as each node and an observer see it."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from app.commands.pseudoclients import service_context
from app.db.database import Database, parse_database_url
from app.db.log import read_after
from app.db.sqlite.driver import fetch_int
from app.engine.reducers.table import REDUCERS
from app.engine.restore import restore
from app.engine.world.world import World
from app.events import Event, PasswordHashes
from app.services.accounts.accounts import registration_event
from tests.chat_file import create_chat_file
from tests.engine.simulation.clocks import SimulatedTime, SkewedClock
from tests.engine.simulation.shared_database import SharedDatabase
from tests.story import record_now

NODES = {"a": 0, "b": 700, "c": -1_900}  # names, with the milliseconds by which their clocks differ
ACCOUNTS = ("anna", "bob")
_NO_PASSWORD = PasswordHashes("$none", "4096$eA==$eA==$eA==")
MAX_LOG_ROWS = 10_000


class Databases:
    """The shared database as each node and an observer see it, used again for each history."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "chat.db"
        url = parse_database_url(str(self._path))
        self.of_node = {name: SharedDatabase(url) for name in NODES}
        self.of_observer = SharedDatabase(url)

    @cached_property
    def _template(self) -> bytes:
        """The file of a database with accounts."""
        path = create_chat_file(self._path.with_name("template.db"))
        database = Database(parse_database_url(str(path)))
        clock = SkewedClock(SimulatedTime(), 0)
        record_now(database, clock, [registration_event(clock, name, _NO_PASSWORD) for name in ACCOUNTS])
        database.close()
        return path.read_bytes()

    def create(self) -> None:
        """Replace the database by another one that has accounts only."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self._path}{suffix}").unlink(missing_ok=True)
        self._path.write_bytes(self._template)

    def read_after(self, position: int) -> Sequence[Event]:
        """Return the events of the log after a position."""
        with self.of_observer.engine.connect() as connection:
            if fetch_int(connection, "SELECT max(id) FROM event") == position:
                return ()
            return read_after(connection, position, MAX_LOG_ROWS)

    def restore(self, time: SimulatedTime) -> World:
        """Return a world that is restored from the tables."""
        clock = SkewedClock(time, 0)
        world = World(clock, "observer", 0, REDUCERS)
        service_context.add_pseudoclients(world, clock, "irc.example")
        with self.of_observer.snapshot() as connection:
            restore(world, connection)
        return world

    def close(self) -> None:
        """Close all connections."""
        for database in (*self.of_node.values(), self.of_observer):
            database.close()
