"""Whether other servers may go on while the schema of their PostgreSQL database is upgraded.

A migration declares `is_compatible = True` if servers that work with the schema before it also work
with the schema after it, and with everything that servers of its version append. During any other
one, the program that upgrades claims the whole database, so that no server runs or starts.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Connection, column, inspect, select, table

from app.db.database import Database
from app.db.dialect import Claim
from app.db.migration import revisions
from app.errors import DatabaseRefused

_node = table("node", column("name"), column("version"), column("leased_until"))


@contextmanager
def without_incompatible_servers(database: Database, revision: str) -> Iterator[None]:
    """Keep servers from running unless they may go on during the upgrade from a revision.

    Raises: DatabaseRefused when servers are running that may not; nothing was changed.
    """
    is_compatible = all(map(revisions.is_compatible, revisions.after(revision)))
    if is_compatible or not database.dialect.has_nodes:
        yield
        return
    with closing(Database(database.url)) as claimant, closing(_claim(claimant)):
        yield


def _claim(database: Database) -> Claim:
    try:
        return database.dialect.claim(database.engine)
    except DatabaseRefused as refusal:
        with database.engine.connect() as connection:
            running = _list_running(database, connection)
        if not running:
            raise
        raise DatabaseRefused(
            f"The upgrade of {database} to schema {revisions.head()} needs the database for itself, but servers "
            f"are running on it: {', '.join(running)}. Stop them first; nothing was changed."
        ) from refusal


def _list_running(database: Database, connection: Connection) -> list[str]:
    """Return the names and versions of the nodes whose lease has not expired."""
    if not inspect(connection).has_table(_node.name):
        return []
    now = database.dialect.now(connection)
    alive = select(_node.c.name, _node.c.version).where(_node.c.leased_until >= now).order_by(_node.c.name)
    return [f"{name} (version {version})" for name, version in connection.execute(alive)]
