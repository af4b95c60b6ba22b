"""Free space on PostgreSQL, where autovacuum makes the space of removed rows usable again."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Connection, text

from app.db.database import Database


class PostgreSQLSpace:
    """Free space as PostgreSQL manages it."""

    @contextmanager
    def begin_lazily(self, connection: Connection) -> Iterator[None]:
        """Set `synchronous_commit` for this transaction only."""
        with connection.begin():
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            yield

    def count_free_pages(self, connection: Connection) -> int:
        """Return 0: autovacuum finds them."""
        return 0

    def shrink(self, connection: Connection, pages: int) -> None:
        """Do nothing: VACUUM returns empty pages at the end of a table."""

    def vacuum(self, database: Database) -> None:
        """Run VACUUM, which does not block a running server."""
        with closing(database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")) as connection:
            connection.detach()  # so that the settings end with it
            connection.execute(text("SET lock_timeout = 0"))
            connection.execute(text("SET statement_timeout = 0"))
            connection.execute(text("VACUUM (ANALYZE)"))
