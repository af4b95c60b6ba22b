"""Completes the names of rooms and accounts from the database.

The shell waits meanwhile, so a database that is missing, old or busy yields no names, and nothing
is printed: no warning about settings either.
"""

from collections.abc import Callable
from typing import Any

from app.errors import ChatError

BUSY_TIMEOUT_MILLISECONDS = 200


def complete_rooms(ctx: Any, incomplete: str) -> list[str]:
    """Return the names of rooms, without `#` (which begins a comment) unless it was typed."""
    from app.services.name_completion import list_room_names  # deferred: other calls need no database

    if incomplete.startswith("#"):
        return _query(ctx, list_room_names, incomplete)
    return [name.removeprefix("#") for name in _query(ctx, list_room_names, f"#{incomplete}")]


def complete_accounts(ctx: Any, incomplete: str) -> list[str]:
    """Return the names of accounts."""
    from app.services.name_completion import list_account_names

    return _query(ctx, list_account_names, incomplete)


def _query(ctx: Any, query: Callable[[Any, str], list[str]], incomplete: str) -> list[str]:
    from app.db.database import Database, parse_database_url
    from app.settings import SERVER, load

    given = {**ctx.find_root().params, **{name: value for name, value in ctx.params.items() if value}}
    try:
        dbname = load(SERVER, given.get("config"), {"dbname": given.get("dbname")}).values.dbname
        database = Database(parse_database_url(dbname), BUSY_TIMEOUT_MILLISECONDS)
        if not database.dialect.exists(database.url):
            return []
        with database.translated_errors(), database.reading() as session:
            return query(session, incomplete)
    except (ChatError, OSError):
        return []
