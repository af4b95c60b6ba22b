"""Views for other programs: the history as tables with a stable contract (docs/sql.md).

The views are derived from the models, so they are not part of any revision: each migration ends by
creating them. On SQLite they are dropped before it, because a table cannot be recreated while a
view refers to it. On PostgreSQL they are replaced in place, which keeps what has been granted on
them.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, inspect

from app.db.views.ddl import create_view, defined_columns, drop_view, replaces_views, stored_columns
from app.db.views.definitions import VIEWS

__all__ = ["VIEWS", "create_views", "drop_views", "find_view_differences", "prepare_for_migration"]


def create_views(connection: Connection) -> None:
    """Create all views, or replace those that exist."""
    for name, query in VIEWS.items():
        create_view(connection, name, query)


def drop_views(connection: Connection) -> None:
    """Drop all views that exist."""
    for name in VIEWS:
        drop_view(connection, name)


def prepare_for_migration(connection: Connection) -> None:
    """Drop the views where they would prevent a migration."""
    if not replaces_views(connection):
        drop_views(connection)


def find_view_differences(connection: Connection) -> Iterator[str]:
    """Yield a sentence for each view that is missing or has other columns than its definition."""
    existing = set(inspect(connection).get_view_names())
    for name, query in VIEWS.items():
        if name not in existing:
            yield f"The view {name} is missing."
        elif stored_columns(connection, name) != defined_columns(query):
            yield f"The columns of the view {name} differ."
