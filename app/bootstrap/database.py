"""Opens the database of the server."""

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager

from app.db.database import Database, parse_database_url
from app.db.location import find_exposure, find_location_problem, require_usable_file
from app.db.migration import schema
from app.errors import DatabaseRefused
from app.settings import ServerSettings

logger = logging.getLogger(__name__)


@contextmanager
def claimed_database(settings: ServerSettings) -> Iterator[Database]:
    """Open the database and claim it for this server; close it at the end of the block.

    Raises: ChatError when it cannot be used; it is then unchanged.
    """
    with closing(Database(parse_database_url(settings.dbname))) as database:
        _prepare(database)
        with closing(database.dialect.claim_node(database.engine, settings.node)):
            if database.dialect.has_nodes:  # a newer version may have upgraded it until the claim
                schema.require_own_database(database)  # on SQLite, this would release the process's locks
            if exposure := find_exposure(database):
                logger.warning("%s", exposure)
            yield database


def _prepare(database: Database) -> None:
    """Create or upgrade the schema if necessary."""
    if problem := find_location_problem(database):
        raise DatabaseRefused(problem)
    with require_usable_file(database):
        backup = schema.prepare_database(database)
    if backup is not None:
        logger.warning("The database was upgraded; a backup of the previous version is in %s", backup)
