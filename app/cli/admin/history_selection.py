"""The options that select history, and access to private conversations."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from app.cli.admin import times
from app.cli.admin.completion import complete_accounts, complete_rooms
from app.cli.admin.context import AdminContext
from app.db.database import Database
from app.errors import NotFound, UsageError
from app.services.administration import audit
from app.services.history.history import is_known_name
from app.services.history.selection import HistorySelection
from app.services.rooms.rooms import get_room
from app.wire.names import fold

Rooms = Annotated[
    list[str] | None,
    typer.Option(
        "--room",
        "-r",
        metavar="ROOM",
        help="Only this room. Can be repeated.",
        autocompletion=complete_rooms,
    ),
]
User = Annotated[
    str | None,
    typer.Option(
        "--user",
        metavar="NAME",
        help="Only messages of this nick or account.",
        autocompletion=complete_accounts,
    ),
]
Events = Annotated[
    bool,
    typer.Option("--events/--no-events", help="Include joins, parts, topics and modes."),
]
Direct = Annotated[
    bool, typer.Option("--direct", help="Include private conversations. This is recorded in the audit log.")
]


def audit_access(
    context: AdminContext, database: Database, action: str, user: str | None, rooms: list[str] | None
) -> None:
    """Record access to private conversations in the audit log."""
    entry = audit.make_audit_row(context.clock, context.actor, action, user or "", rooms=rooms, direct=True)
    audit.append_now(database, entry)


def select_history(
    context: AdminContext,
    database: Database,
    rooms: list[str] | None,
    user: str | None,
    since: str | None,
    until: str | None,
    events: bool,
    direct: bool,
) -> HistorySelection:
    """Return the selection that the options describe.

    Raises: NotFound for an unknown room or name; UsageError for contradictory times.
    """
    first, last = times.since(since, context.clock.now()), times.until(until, context.clock.now())
    if first is not None and last is not None and first > last:
        raise UsageError("--since is later than --until.")
    with database.reading() as session:
        ids = tuple(dict.fromkeys(get_room(session, room).id for room in rooms)) if rooms else None
        _refuse_unknown(session, user)
    return HistorySelection(ids, None if user is None else fold(user), first, last, events, direct)


def _refuse_unknown(session: Session, user: str | None) -> None:
    if user is not None and not is_known_name(session, user):
        raise NotFound(f"There is no account or message author named {user}.")
