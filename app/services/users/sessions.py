"""Online sessions, as administrators see them, and the members of a room."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import to_datetime, to_datetime_or_none
from app.db.models import MembershipRow, RoomRow, RoomVisitRow, SessionNodeRow, SessionRow
from app.errors import NotFound, UsageError
from app.events import Event, Kind
from app.events.data import KilledData
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.rooms.rooms import get_room
from app.services.users.presence import list_online_sessions
from app.wire.names import fold

MAX_TARGET_LENGTH = 256  # characters of a target in the audit log
Network = IPv4Network | IPv6Network
_ROLE_NAMES = (("o", "operator"), ("v", "voice"))


@dataclass(frozen=True, slots=True)
class OnlineSession:
    """A user's stay on the server. `detached` is when the last device of an always-on user left.

    `nodes` are the servers on which the user has devices.
    """

    id: int
    nick: str
    account: str | None
    address: str
    connected: datetime
    detached: datetime | None
    away: str | None
    nodes: list[str]
    rooms: list[str]


@dataclass(frozen=True, slots=True)
class RoomMember:
    """A user who is in a room, with their role there: `operator`, `voice` or empty."""

    nick: str
    account: str | None
    role: str
    address: str
    joined: datetime | None
    away: str | None


def parse_network(text: str) -> Network:
    """Return the network that an address or a network in CIDR notation names.

    Raises: UsageError.
    """
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise UsageError(
            f"{text} is neither an address nor a network, such as 192.0.2.1 or 192.0.2.0/24."
        ) from error


def list_sessions(
    orm: Session, user: str | None = None, network: Network | None = None
) -> list[OnlineSession]:
    """Return the online sessions in the order in which they connected.

    `user` is a nick or account; `network` selects sessions by their address.
    """
    rooms, nodes = _rooms_by_session(orm), _nodes_by_session(orm)
    return [
        OnlineSession(
            id=row.id,
            nick=row.nick,
            account=row.account,
            address=row.address,
            connected=to_datetime(row.connected),
            detached=to_datetime_or_none(row.detached),
            away=row.away,
            nodes=nodes.get(row.id, []),
            rooms=rooms.get(row.id, []),
        )
        for row in list_online_sessions(orm)
        if _is_named(row, user) and _is_in_network(row, network)
    ]


def _is_named(row: SessionRow, user: str | None) -> bool:
    names = {fold(name) for name in (row.nick, row.account) if name}
    return user is None or fold(user) in names


def _is_in_network(row: SessionRow, network: Network | None) -> bool:
    if network is None:
        return True
    try:
        return ip_address(row.address) in network
    except ValueError:  # a client of a Unix socket or a test has no address
        return False


def _rooms_by_session(orm: Session) -> dict[int, list[str]]:
    query = select(MembershipRow.session_id, RoomRow.name).join(RoomRow, RoomRow.id == MembershipRow.room_id)
    found: dict[int, list[str]] = {}
    for session_id, name in orm.execute(query.order_by(RoomRow.key)):
        found.setdefault(session_id, []).append(name)
    return found


def _nodes_by_session(orm: Session) -> dict[int, list[str]]:
    query = select(SessionNodeRow.session_id, SessionNodeRow.node).order_by(SessionNodeRow.node)
    found: dict[int, list[str]] = {}
    for session_id, node in orm.execute(query):
        found.setdefault(session_id, []).append(node)
    return found


def list_members(orm: Session, name: str) -> list[RoomMember]:
    """Return the members of a room, operators first, then those with voice, by nick.

    Raises: NotFound.
    """
    room = get_room(orm, name)
    query = select(SessionRow, MembershipRow.roles).join(
        MembershipRow, MembershipRow.session_id == SessionRow.id
    )
    query = query.where(MembershipRow.room_id == room.id, SessionRow.disconnected.is_(None))
    joined = _join_times(orm, room)
    found = [_member(row, roles, joined.get(f"s{row.id}")) for row, roles in orm.execute(query)]
    order = [name for _, name in _ROLE_NAMES] + [""]
    return sorted(found, key=lambda member: (order.index(member.role), fold(member.nick)))


def _join_times(orm: Session, room: RoomRow) -> dict[str, int]:
    query = select(RoomVisitRow.party, RoomVisitRow.at).where(RoomVisitRow.room_id == room.id)
    return {row.party: row.at for row in orm.execute(query)}


def _member(row: SessionRow, roles: str, joined: int | None) -> RoomMember:
    role = next((name for letter, name in _ROLE_NAMES if letter in roles), "")
    return RoomMember(row.nick, row.account, role, row.address, to_datetime_or_none(joined), row.away)


def end_sessions(admin: Administrator, ids: Sequence[int], reason: str) -> AdminChange:
    """Disconnect sessions with all their devices.

    Raises: NotFound when one of them is not online.
    """
    online = {row.id: row for row in list_online_sessions(admin.session)}
    missing = [number for number in ids if number not in online]
    if missing:
        raise NotFound(
            f"There is no online session {missing[0]}; `chat-admin session list` lists all sessions."
        )
    chosen = [online[number] for number in dict.fromkeys(ids)]
    events = [
        Event(Kind.KILLED, nick=admin.by, target=row.nick, text=reason, data=KilledData(row.id))
        for row in chosen
    ]
    nicks = ", ".join(row.nick for row in chosen)
    return admin.make_change(events, "session.end", nicks[:MAX_TARGET_LENGTH], sessions=ids, reason=reason)
