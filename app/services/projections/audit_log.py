"""Projections for the audit log of privileged actions taken through IRC.

Events without a session add no entry here: `chat-admin` writes its own entry along with the
change, and actions of the server itself are not audited, except for REHASH and
for the nodes that start and end.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, delete, insert

from app.clock import to_iso_or_none
from app.db.models import UNFINISHED_EXPIRY, AuditRow
from app.events import Event, Kind, msgid
from app.events.data import (
    BannedData,
    ExpiredData,
    HostData,
    JoinedData,
    KickedData,
    MetadataChangeData,
    ModeData,
    NodeData,
    OperData,
    RedactedData,
    RehashedData,
    RenamedData,
)
from app.services.history.entry import format_modes
from app.services.projections.projection import BatchProjection, Projection

_INSERT = insert(AuditRow)


def _add_entry(connection: Connection, event: Event, action: str, target: str, **detail: object) -> None:
    """Insert an entry if the event has a session, omitting details that are None or empty.

    The actor is the account, or the nick of a guest; `by` is the nick at the time.
    """
    if event.session is not None:
        _insert_entry(connection, event, action, target, detail)


def _insert_entry(
    connection: Connection, event: Event, action: str, target: str, detail: dict[str, object]
) -> None:
    present = {name: value for name, value in detail.items() if value}
    connection.execute(
        _INSERT,
        {
            "at": event.at,
            "actor": event.account or event.nick,
            "action": action,
            "target": target,
            "detail": {"by": event.nick} | present,
        },
    )


def _kicked(connection: Connection, event: Event) -> None:
    room = KickedData.of(event).room
    _add_entry(connection, event, "kick", event.target or "", room=room, reason=event.text)


def _topic(connection: Connection, event: Event) -> None:
    _add_entry(connection, event, "room.topic", event.target or "", topic=event.text)


def _renamed(connection: Connection, event: Event) -> None:
    to = RenamedData.of(event).to
    _add_entry(connection, event, "room.rename", event.target or "", to=to, reason=event.text)


def _mode(connection: Connection, event: Event) -> None:
    """Record changes to modes, roles and mask lists; `changes` never contains a room's key."""
    data = ModeData.of(event)
    modes = format_modes(data.changes)
    action = "samode" if data.override else "room.mode"
    _add_entry(connection, event, action, event.target or "", modes=modes)


def _redacted(connection: Connection, event: Event) -> None:
    message = msgid(RedactedData.of(event).event)
    _add_entry(connection, event, "redact", event.target or "", msgid=message, reason=event.text)


def _opered(connection: Connection, event: Event) -> None:
    _add_entry(connection, event, "oper", event.target or "", address=OperData.of(event).address)


def _oper_refused(connection: Connection, event: Event) -> None:
    _add_entry(connection, event, "oper.refused", event.target or "", address=OperData.of(event).address)


def _killed(connection: Connection, event: Event) -> None:
    _add_entry(connection, event, "kill", event.target or "", reason=event.text)


def _host(connection: Connection, event: Event) -> None:
    data = HostData.of(event)
    operator = replace(event, session=data.operator, account=data.account, nick=data.by)
    _add_entry(connection, operator, "chghost", event.nick, host=event.text, before=event.host)


def _joined(connection: Connection, events: Sequence[Event]) -> None:
    """Record only joins in which an administrator bypassed the modes of a room."""
    for event in events:
        if JoinedData.of(event).override:
            _add_entry(connection, event, "sajoin", event.target or "")


def _wallops(connection: Connection, event: Event) -> None:
    _add_entry(connection, event, "wallops", "", text=event.text)


def _rehashed(connection: Connection, event: Event) -> None:
    """Record a REHASH or SIGHUP; the latter has no session, and its actor is the server."""
    data = RehashedData.of(event)
    _insert_entry(connection, event, "rehash", "", {"changed": data.changed, "waiting": data.waiting})


def _expired(connection: Connection, event: Event) -> None:
    """Record what a pass removed, instead of the entry that it made meanwhile."""
    data = ExpiredData.of(event)
    if data.entry is not None:
        is_unfinished = AuditRow.action == UNFINISHED_EXPIRY
        connection.execute(delete(AuditRow).where(AuditRow.id == data.entry, is_unfinished))
    detail = {"events": data.events, "rooms": data.rooms, "conversations": data.conversations}
    _insert_entry(connection, event, "retention.run", "", {**detail})


def _banned(connection: Connection, event: Event) -> None:
    data = BannedData.of(event)
    kind, expires = data.type, to_iso_or_none(data.expires)
    _add_entry(
        connection, event, "ban.add", event.target or "", type=kind, reason=event.text, expires=expires
    )


def _unbanned(connection: Connection, event: Event) -> None:
    _add_entry(connection, event, "ban.remove", event.target or "")


def _metadata(connection: Connection, event: Event) -> None:
    """Record changes to room metadata, and administrators' changes to other users' metadata."""
    data = MetadataChangeData.of(event)
    authored = replace(event, session=data.session, account=None, nick=data.by)
    action = "user.metadata" if event.room is None else "room.metadata"
    _add_entry(connection, authored, action, event.target or "", key=data.key, value=event.text)


def _node_started(connection: Connection, event: Event) -> None:
    _insert_entry(
        connection, event, "node.start", event.target or "", {"version": NodeData.of(event).version}
    )


def _node_ended(connection: Connection, event: Event) -> None:
    """Record the end of a node; the actor is the node that noticed it, possibly itself."""
    _insert_entry(connection, event, "node.end", event.target or "", {"reason": event.text})


PROJECTIONS: Mapping[Kind, Projection] = {
    Kind.KICKED: _kicked,
    Kind.TOPIC: _topic,
    Kind.RENAMED: _renamed,
    Kind.MODE: _mode,
    Kind.REDACTED: _redacted,
    Kind.OPERED: _opered,
    Kind.OPER_REFUSED: _oper_refused,
    Kind.KILLED: _killed,
    Kind.HOST: _host,
    Kind.WALLOPS: _wallops,
    Kind.REHASHED: _rehashed,
    Kind.BANNED: _banned,
    Kind.UNBANNED: _unbanned,
    Kind.METADATA: _metadata,
    Kind.EXPIRED: _expired,
    Kind.NODE_STARTED: _node_started,
    Kind.NODE_ENDED: _node_ended,
}


BATCH_PROJECTIONS: Mapping[Kind, BatchProjection] = {
    Kind.JOINED: _joined,
}
