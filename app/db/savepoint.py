"""Savepoints that leave nothing behind, however many of them fail in one transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Undo what the block did, and no more, if it raises an Exception.

    SQLAlchemy's nested transactions return to a savepoint without releasing it. On PostgreSQL, each
    failure then nests the following subtransactions one level deeper, until the lock table is full.
    """
    connection.exec_driver_sql("SAVEPOINT attempt")
    try:
        yield
    except Exception:
        connection.exec_driver_sql("ROLLBACK TO SAVEPOINT attempt")
        connection.exec_driver_sql("RELEASE SAVEPOINT attempt")
        raise
    connection.exec_driver_sql("RELEASE SAVEPOINT attempt")
