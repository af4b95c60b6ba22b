"""The database of a simulation, as each node and an observer see it."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from app.commands.pseudoclients import service_context
from app.db.database import Database, parse_database_url
from app.db.log_page import read_after
from app.engine.reducers.table import REDUCERS
from app.engine.restore import restore
from app.engine.world.world import World
from app.events import Event, PasswordHashes
from app.services.accounts.accounts import registration_event
from tests.chat_file import create_chat_file
from tests.engine.simulation.clocks import SimulatedTime, SkewedClock
from tests.engine.simulation.database.shared_database import SharedDatabase
from tests.engine.simulation.database.storage import Storage
from tests.story import record_now

NODES = {"a": 0, "b": 700, "c": -1_900}  # names, with the milliseconds by which their clocks differ
ACCOUNTS = {"anna": "user", "bob": "user", "dora": "admin"}  # names and roles
_NO_PASSWORD = PasswordHashes("$none", "4096$eA==$eA==$eA==")
MAX_LOG_ROWS = 10_000


class Databases:
    """The shared database as each node and an observer see it, used again for each history."""

    def __init__(self) -> None:
        self.storage = Storage(_make_template())
        self.of_node = {name: SharedDatabase(self.storage) for name in NODES}
        self.of_observer = SharedDatabase(self.storage)

    def reset(self) -> None:
        """Close all connections, and restore the database that has accounts only."""
        for database in (*self.of_node.values(), self.of_observer):
            database.close()
        self.storage.reset()

    def read_after(self, position: int) -> Sequence[Event]:
        """Return the events of the log after a position."""
        if self.storage.read_last_id() == position:
            return ()
        with self.of_observer.engine.connect() as connection:
            return read_after(connection, position, MAX_LOG_ROWS).events

    def restore(self, time: SimulatedTime) -> World:
        """Return a world that is restored from the tables."""
        clock = SkewedClock(time, 0)
        world = World(clock, "observer", 0, REDUCERS)
        service_context.add_pseudoclients(world, clock, "irc.example")
        with self.of_observer.snapshot() as connection:
            restore(world, connection)
        return world

    def close(self) -> None:
        """Close all connections, and forget the database."""
        self.reset()
        self.storage.close()


def _make_template() -> bytes:
    """Return a database with accounts, as the bytes of its file."""
    with TemporaryDirectory() as folder:
        path = create_chat_file(Path(folder) / "chat.db")
        database = Database(parse_database_url(str(path)))
        clock = SkewedClock(SimulatedTime(), 0)
        accounts = [registration_event(clock, name, _NO_PASSWORD, role) for name, role in ACCOUNTS.items()]
        record_now(database, clock, accounts)
        database.close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # a database in memory has no other file
        return path.read_bytes()
