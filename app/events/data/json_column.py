"""The `data` column of the log: the data of an event as a JSON object.

The members of the object are the fields of the class of the kind. A field whose default is None or
False is omitted while it has that value. Unknown members, written by a newer version, are ignored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from app.events.data import accounts, messages, metadata, rooms, server, sessions
from app.events.event import EventData
from app.events.kinds import Kind

DATA_CLASSES: Mapping[Kind, type[EventData]] = {
    Kind.CONNECTED: sessions.ConnectedData,
    Kind.QUIT: sessions.DepartureData,
    Kind.DETACHED: sessions.DetachedData,
    Kind.ATTACHED: sessions.AttachedData,
    Kind.HOST: sessions.HostData,
    Kind.KILLED: sessions.KilledData,
    Kind.OPERED: sessions.OperData,
    Kind.OPER_REFUSED: sessions.OperData,
    Kind.CREATED: rooms.CreatedData,
    Kind.RENAMED: rooms.RenamedData,
    Kind.DELETED: rooms.DeletedData,
    Kind.JOINED: rooms.JoinedData,
    Kind.KICKED: rooms.KickedData,
    Kind.INVITED: rooms.InvitedData,
    Kind.MODE: rooms.ModeData,
    Kind.RETENTION: rooms.RetentionData,
    Kind.PRIVMSG: messages.MessageData,
    Kind.NOTICE: messages.MessageData,
    Kind.TAGMSG: messages.MessageData,
    Kind.REDACTED: messages.RedactedData,
    Kind.MARKED: messages.MarkedData,
    Kind.METADATA: metadata.MetadataChangeData,
    Kind.PRIVATE_METADATA: metadata.PrivateMetadataData,
    Kind.REGISTERED: accounts.RegisteredData,
    Kind.APPLIED: accounts.AppliedData,
    Kind.ACCOUNT_CHANGED: accounts.AccountChangedData,
    Kind.ACCOUNT_DELETED: accounts.AccountDeletedData,
    Kind.ACCOUNT_RENAMED: accounts.AccountRenamedData,
    Kind.CERTIFICATE_ADDED: accounts.CertificateData,
    Kind.CERTIFICATE_REMOVED: accounts.CertificateData,
    Kind.INVITATION_MADE: accounts.InvitationData,
    Kind.INVITATION_REVOKED: server.RevokedData,
    Kind.REHASHED: server.RehashedData,
    Kind.BANNED: server.BannedData,
    Kind.UNBANNED: server.RevokedData,
    Kind.EXPIRED: server.ExpiredData,
    Kind.NODE_STARTED: server.NodeData,
}


def to_json(data: EventData) -> dict[str, Any]:
    """Return the JSON object for the `data` column; it may be empty."""
    members = {}
    for name, default in _MEMBERS[type(data)]:
        value = getattr(data, name)
        if value is not default:
            members[name] = value
    return members


def from_json(kind: Kind, stored: Mapping[str, Any] | None) -> EventData | None:
    """Return the event data for the JSON object in a log row of this kind.

    An object that lacks a required member yields a plain `EventData`, so that a bad row does not
    make the log unreadable; `EventData.of` raises when the data is used.
    """
    if not stored:
        return None
    for data_class in (DATA_CLASSES.get(kind, EventData), EventData):
        names = [name for name, _ in _MEMBERS[data_class] if name in stored]
        try:
            return data_class(**{name: stored[name] for name in names})
        except TypeError:
            continue
    return None


_ALWAYS_WRITTEN = object()


def _list_members(data_class: type[EventData]) -> list[tuple[str, object]]:
    """Return the JSON members of a class, each with the default at which it is omitted."""
    common = {field.name for field in fields(EventData)}
    ordered = sorted(fields(data_class), key=lambda field: field.name in common)
    return [
        (field.name, field.default if field.default in (None, False) else _ALWAYS_WRITTEN)
        for field in ordered
    ]


_MEMBERS: Mapping[type[EventData], Sequence[tuple[str, object]]] = {
    EventData: _list_members(EventData),
    **{data_class: _list_members(data_class) for data_class in DATA_CLASSES.values()},
}
