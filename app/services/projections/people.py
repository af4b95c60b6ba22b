"""Sessions: who is and was connected."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, delete, update

from app.db.insertion import insert_rows
from app.db.models import AccountRow, ReadMarkerRow, SessionRow
from app.events import Event, Kind
from app.services.projections.memberships import leave_all
from app.services.projections.registry import gathers, projects
from app.services.projections.room_visits import leave_as_account
from app.wire.names import fold

_COLUMNS = ("id", "nick", "user", "host", "address", "realname", "account", "node", "connected")
# People go in storms: what that takes is written once, and given its values each time.
_END = (
    update(SessionRow)
    .where(SessionRow.id == bindparam("session"), SessionRow.disconnected.is_(None))
    .values(disconnected=bindparam("instant"))
)
_FORGET_MARKERS = delete(ReadMarkerRow).where(ReadMarkerRow.party == bindparam("guest"))


@gathers(Kind.CONNECTED)
def _connected(connection: Connection, events: Sequence[Event]) -> None:
    insert_rows(connection, SessionRow, _COLUMNS, [_session(event) for event in events])
    for event in events:
        _seen(connection, event)


def _session(event: Event) -> tuple[object, ...]:
    return (
        event.session,
        event.nick,
        event.user,
        event.host,
        event.data["address"],
        event.data["realname"],
        event.account,
        event.data["node"],
        event.at,
    )


@projects(Kind.QUIT)
def _quit(connection: Connection, event: Event) -> None:
    connection.execute(_END, {"session": event.session, "instant": event.at})
    leave_all(connection, event.session)
    connection.execute(_FORGET_MARKERS, {"guest": f"s{event.session}"})
    _seen(connection, event)


@projects(Kind.KILLED)
def _killed(connection: Connection, event: Event) -> None:
    """End the session; what is left of it in its rooms goes with the QUIT, for which a server is needed."""
    connection.execute(_END, {"session": event.data["session"], "instant": event.at})


@projects(Kind.AWAY)
def _away(connection: Connection, event: Event) -> None:
    _change(connection, event, away=event.text)


@projects(Kind.DETACHED)
def _detached(connection: Connection, event: Event) -> None:
    _change(connection, event, detached=event.at)
    _seen(connection, event)


@projects(Kind.ATTACHED)
def _attached(connection: Connection, event: Event) -> None:
    _change(connection, event, detached=None)
    _seen(connection, event)


@projects(Kind.NICK)
def _nick(connection: Connection, event: Event) -> None:
    _change(connection, event, nick=event.target)


@projects(Kind.HOST)
def _host(connection: Connection, event: Event) -> None:
    _change(connection, event, host=event.text)


@projects(Kind.REALNAME)
def _realname(connection: Connection, event: Event) -> None:
    _change(connection, event, realname=event.text)


@projects(Kind.LOGGED_IN)
def _logged_in(connection: Connection, event: Event) -> None:
    leave_as_account(connection, event.session, event.account)
    _change(connection, event, account=event.account)
    _seen(connection, event)


@projects(Kind.LOGGED_OUT)
def _logged_out(connection: Connection, event: Event) -> None:
    leave_as_account(connection, event.session, event.account)
    _change(connection, event, account=None)


def _change(connection: Connection, event: Event, **values: object) -> None:
    connection.execute(update(SessionRow).where(SessionRow.id == event.session).values(values))


def _seen(connection: Connection, event: Event) -> None:
    if event.account is not None:
        key = fold(event.account)
        connection.execute(update(AccountRow).where(AccountRow.key == key).values(last_seen=event.at))
