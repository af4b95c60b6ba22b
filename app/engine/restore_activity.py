"""Restores what users did lately: their idle times, and the WHOWAS history.

Nothing in the tables has the time of a user's last message, which would be written with each of
them. So the end of the log is searched.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, bindparam, func, select

from app.db.log import get_last_id
from app.db.models import SPOKEN, EventRow, SessionRow
from app.engine.world.whowas import MAX_NICKS, WhowasEntry
from app.engine.world.world import World
from app.events import Kind
from app.wire.names import fold

MAX_EVENTS = 50_000  # at the end of the log

_event = EventRow.__table__.c
_session = SessionRow.__table__.c


_LATEST_MESSAGES = (
    select(_event.session_id, func.max(_event.at))
    .where(SPOKEN, _event.id > bindparam("start"))
    .group_by(_event.session_id)
)
_QUITS = (
    select(*(_session[name] for name in ("nick", "user", "host", "realname", "account", "disconnected")))
    .where(_session.disconnected.is_not(None))
    .order_by(_session.disconnected.desc())
    .limit(MAX_NICKS)
)
_NICK_CHANGES = (
    select(_event.session_id, _event.target, _event.nick)
    .add_columns(_event.user, _event.host, _session.realname, _event.account, _event.at)
    .join_from(EventRow, SessionRow, _session.id == _event.session_id)
    .where(_event.id > bindparam("start"), _event.kind == Kind.NICK.value)
    .order_by(_event.id)
)


def restore_activity(world: World, connection: Connection) -> None:
    """Restore idle times and the WHOWAS history after the users, from the same snapshot."""
    start = get_last_id(connection) - MAX_EVENTS
    _restore_idle_times(world, connection, start)
    entries = [*_find_quits(connection), *_find_nick_changes(connection, start)]
    for entry in sorted(entries, key=lambda entry: entry.at):
        if not world.is_erasing or entry.account is None or world.find_account(entry.account):
            world.whowas.add_entry(entry)


def _restore_idle_times(world: World, connection: Connection, start: int) -> None:
    """Let idle time count from the last message after a position; else it counts from sign-on."""
    for session, at in connection.execute(_LATEST_MESSAGES, {"start": start}):
        user = world.users.get(session or 0)
        if user is not None:
            user.last_active = world.monotonic_at(at)


def _find_quits(connection: Connection) -> Iterator[WhowasEntry]:
    """Yield the sessions that ended last, under their last nicks."""
    for row in connection.execute(_QUITS):
        yield WhowasEntry(*row)


def _find_nick_changes(connection: Connection, start: int) -> Iterator[WhowasEntry]:
    """Yield the nicks that were given up after a position, once for the rows of all rooms."""
    previous = None
    for session, new, nick, *rest in connection.execute(_NICK_CHANGES, {"start": start}):
        if previous != (session, new, nick) and fold(new) != fold(nick):
            yield WhowasEntry(nick, *rest)
        previous = session, new, nick
