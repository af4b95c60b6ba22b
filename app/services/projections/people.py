"""Projections for current and past sessions, and for when accounts were last seen."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, bindparam, case, delete, exists, null, select, update

from app.db.insertion import insert_rows
from app.db.models import AccountRow, ReadMarkerRow, SessionNodeRow, SessionRow
from app.events import Event, Kind
from app.events.data import ConnectedData, DepartureData, KilledData
from app.services.projections.memberships import delete_memberships
from app.services.projections.projection import BatchProjection, Projection
from app.services.projections.room_visits import end_account_visits
from app.wire.modes import change_user_modes, find_operator_change
from app.wire.names import fold

_COLUMNS = ("id", "nick", "user", "host", "address", "realname", "account", "node", "connected")
# Compiled once, because sessions end in bursts.
_END_SESSION = (
    update(SessionRow)
    .where(SessionRow.id == bindparam("session"), SessionRow.disconnected.is_(None))
    .values(disconnected=bindparam("instant"))
)
# LOGIN and LOGOUT end a refusal of administrator status (MODE -o), but not a status by OPER.
_OPERATOR_OF_LOGIN = case((SessionRow.operator.is_(True), True), else_=null())
_HAS_DEVICE = exists(select(SessionNodeRow.node).where(SessionNodeRow.session_id == SessionRow.id))
_UPDATE_LAST_SEEN = (
    update(AccountRow).where(AccountRow.key == bindparam("account")).values(last_seen=bindparam("instant"))
)
_DELETE_MARKERS = delete(ReadMarkerRow).where(ReadMarkerRow.party == bindparam("guest"))


def _connected(connection: Connection, events: Sequence[Event]) -> None:
    insert_rows(connection, SessionRow, _COLUMNS, [_to_row(event) for event in events])
    for event in events:
        _update_last_seen(connection, event)


def _to_row(event: Event) -> tuple[object, ...]:
    data = ConnectedData.of(event)
    return (
        event.session,
        event.nick,
        event.user,
        event.host,
        data.address,
        data.realname,
        event.account,
        data.node,
        data.signon or event.at,
    )


def _quit(connection: Connection, event: Event) -> None:
    connection.execute(_END_SESSION, {"session": event.session, "instant": event.at})
    delete_memberships(connection, event.session)
    connection.execute(_DELETE_MARKERS, {"guest": f"s{event.session}"})
    _update_last_seen(connection, event)


def _killed(connection: Connection, event: Event) -> None:
    """End the session; the QUIT that the server emits next removes its memberships."""
    connection.execute(_END_SESSION, {"session": KilledData.of(event).session, "instant": event.at})


def _away(connection: Connection, event: Event) -> None:
    _update(connection, event, away=event.text)


def _detached(connection: Connection, event: Event) -> None:
    """Record when a session lost its last device, unless another node has one."""
    detached = DepartureData.of(event).heard or event.at
    is_without_device = (SessionRow.id == event.session, ~_HAS_DEVICE)
    connection.execute(update(SessionRow).where(*is_without_device).values(detached=detached))
    _update_last_seen(connection, event)


def _attached(connection: Connection, event: Event) -> None:
    _update(connection, event, detached=None)
    _update_last_seen(connection, event)


def _nick(connection: Connection, event: Event) -> None:
    _update(connection, event, nick=event.target)


def _host(connection: Connection, event: Event) -> None:
    _update(connection, event, host=event.text)


def _realname(connection: Connection, event: Event) -> None:
    _update(connection, event, realname=event.text)


def _logged_in(connection: Connection, event: Event) -> None:
    end_account_visits(connection, event.session, event.account)
    _update(connection, event, account=event.account, operator=_OPERATOR_OF_LOGIN)
    _update_last_seen(connection, event)


def _logged_out(connection: Connection, event: Event) -> None:
    end_account_visits(connection, event.session, event.account)
    _update(connection, event, account=None, operator=_OPERATOR_OF_LOGIN)


def _user_mode(connection: Connection, event: Event) -> None:
    text, is_session = event.text or "", SessionRow.id == event.session
    modes = connection.scalar(select(SessionRow.modes).where(is_session)) or ""
    _update(connection, event, modes="".join(sorted(change_user_modes(set(modes), text))))
    operator = find_operator_change(text)
    if operator is not None:
        _update(connection, event, operator=operator)


def _opered(connection: Connection, event: Event) -> None:
    _update(connection, event, operator=True, operator_name=event.target)


def _update(connection: Connection, event: Event, **values: object) -> None:
    connection.execute(update(SessionRow).where(SessionRow.id == event.session).values(values))


def _update_last_seen(connection: Connection, event: Event) -> None:
    if event.account is not None:
        connection.execute(_UPDATE_LAST_SEEN, {"account": fold(event.account), "instant": event.at})


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.QUIT: _quit,
    Kind.KILLED: _killed,
    Kind.AWAY: _away,
    Kind.DETACHED: _detached,
    Kind.ATTACHED: _attached,
    Kind.NICK: _nick,
    Kind.USER_MODE: _user_mode,
    Kind.OPERED: _opered,
    Kind.HOST: _host,
    Kind.REALNAME: _realname,
    Kind.LOGGED_IN: _logged_in,
    Kind.LOGGED_OUT: _logged_out,
}


BATCH_PROJECTIONS: Mapping[Kind, BatchProjection] = {
    Kind.CONNECTED: _connected,
}
