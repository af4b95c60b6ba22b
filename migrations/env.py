"""Alembic environment: migrates the caller's connection or the configured database."""

import sys

from alembic import context
from sqlalchemy import Connection

from app.db.database import Database, parse_database_url
from app.db.migration import revisions
from app.db.migration.schema import DatabaseState, require_own_database
from app.db.models import Base
from app.db.views import create_views, prepare_for_migration
from app.errors import ChatError
from app.settings import SERVER, load


def run(connection: Connection) -> None:
    """Run the migrations in one transaction, and create the views for the newest revision."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        prepare_for_migration(connection)
        context.run_migrations()
        if context.get_context().get_current_revision() == revisions.head():
            create_views(connection)


def run_from_shell() -> None:
    """Migrate the database given by `-x db=` or the settings, creating it if it is missing."""
    dbname = context.get_x_argument(as_dictionary=True).get("db") or load(SERVER).values.dbname
    database = Database(parse_database_url(dbname))
    if require_own_database(database)[0] is DatabaseState.MISSING:
        database.dialect.create_file(database.url)
    with database.locked() as connection:
        run(connection)
    database.close()


caller_connection = context.config.attributes.get("connection")
if caller_connection is not None:
    run(caller_connection)
else:
    try:
        run_from_shell()
    except ChatError as error:
        sys.exit(f"Error: {error.sentence}")
