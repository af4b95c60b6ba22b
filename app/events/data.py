"""The data of each kind of event, as stored in the `data` column of the log.

Each kind that has data has a class; its fields are the members of the JSON object. A field whose
default is None or False is omitted from the object while it has that value. Unknown members,
written by a newer version, are ignored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from app.events.event import EventData
from app.events.kinds import Kind

ModeRow = tuple[str, str, str | None, int | None]  # sign, letter, argument, account id of a role


@dataclass(frozen=True, slots=True)
class ConnectedData(EventData):
    """The address and real name of a new session, and the node that accepted it."""

    address: str
    realname: str
    node: str


@dataclass(frozen=True, slots=True)
class DepartureData(EventData):
    """The instant of a client's last line, if the client timed out."""

    heard: int | None = None


@dataclass(frozen=True, slots=True)
class HostData(EventData):
    """The administrator who changed a host: nick, account and session."""

    by: str
    account: str | None
    operator: int | None


@dataclass(frozen=True, slots=True)
class KilledData(EventData):
    """The session to disconnect."""

    session: int


@dataclass(frozen=True, slots=True)
class OperData(EventData):
    """The address that OPER was sent from."""

    address: str


@dataclass(frozen=True, slots=True)
class CreatedData(EventData):
    """The properties of a new room; `founder` is an account id."""

    modes: str
    official: bool
    founder: int | None


@dataclass(frozen=True, slots=True)
class RenamedData(EventData):
    """The new name of a room."""

    to: str


@dataclass(frozen=True, slots=True)
class DeletedData(EventData):
    """Whether the history of a deleted room is erased, and the actor for the audit log."""

    erase: bool = False
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class JoinedData(EventData):
    """A new member's real name and roles; `override`: an administrator bypassed the modes."""

    realname: str = ""
    roles: str = ""
    override: bool = False


@dataclass(frozen=True, slots=True)
class KickedData(EventData):
    """The kicked session, and the name of the room unless `chat-admin` kicked it."""

    session: int
    room: str | None = None


@dataclass(frozen=True, slots=True)
class InvitedData(EventData):
    """The invited session, and the name of the room."""

    session: int
    room: str


@dataclass(frozen=True, slots=True)
class ModeData(EventData):
    """Mode changes; `override`: made by an administrator who is not a channel operator."""

    changes: Sequence[ModeRow]
    override: bool = False


@dataclass(frozen=True, slots=True)
class RetentionData(EventData):
    """How many days the history of a room is kept, and the reason of a hold.

    `days` is None for the server's default and 0 for no limit; `hold` is None without a hold.
    """

    days: int | None = None
    hold: str | None = None


@dataclass(frozen=True, slots=True)
class MessageData(EventData):
    """The attributes of a message besides its text.

    `lines` holds the line lengths of a multiline message (see `app.wire.multiline`), `parties`
    the sender and recipient of a private message, `author` the original author of an imported
    one, and `redacted` the id of the redaction that removed its text.
    """

    lines: Sequence[int] | None = None
    parties: Sequence[str] | None = None
    author: str | None = None
    redacted: int | None = None


@dataclass(frozen=True, slots=True)
class RedactedData(EventData):
    """The id of the redacted message, and its parties if it was private."""

    event: int
    parties: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class MarkedData(EventData):
    """A read marker: its owner, and its instant in milliseconds since the Unix epoch."""

    party: str
    instant: int


@dataclass(frozen=True, slots=True)
class MetadataChangeData(EventData):
    """A metadata key, and the account or nick that set it.

    `party` is the target if it is a user. `session` is the author's session if the author is not
    the target.
    """

    key: str
    by: str
    party: str | None = None
    session: int | None = None


@dataclass(frozen=True, slots=True)
class PrivateMetadataData(EventData):
    """A private metadata key, and the party that keeps it."""

    party: str
    key: str


@dataclass(frozen=True, slots=True)
class RegisteredData(EventData):
    """A new account's id and role, and the id of the invitation used."""

    id: int
    role: str
    invitation: int | None = None


@dataclass(frozen=True, slots=True)
class AppliedData(EventData):
    """The id of a pending registration, and the instant at which it expires."""

    id: int
    expires: int


@dataclass(frozen=True, slots=True)
class AccountChangedData(EventData):
    """An account id and the changed properties; `password` is True if the password changed."""

    id: int
    role: str | None = None
    disabled: bool | None = None
    always_on: bool | None = None
    password: bool = False


@dataclass(frozen=True, slots=True)
class AccountDeletedData(EventData):
    """The id of a deleted account, and what becomes of its messages (`services.erasure`).

    `actor` is that of the audit log. `reserved` is the digest of the name, which is reserved until
    the instant `until`, or for good (`services.accounts.name_reservations`).
    """

    id: int
    messages: str
    actor: str
    reserved: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class AccountRenamedData(EventData):
    """The id of a renamed account; the old name is reserved as in `AccountDeletedData`."""

    id: int
    reserved: str | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class CertificateData(EventData):
    """An account id and a certificate's SHA-256 fingerprint."""

    id: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class InvitationData(EventData):
    """An invitation: the digest of its code, its maximum number of uses, and its expiry."""

    id: int
    digest: str
    uses: int
    expires: int | None


@dataclass(frozen=True, slots=True)
class RevokedData(EventData):
    """The id of the revoked ban or invitation."""

    id: int


@dataclass(frozen=True, slots=True)
class RehashedData(EventData):
    """The names of the changed settings, and of those that take effect only after a restart."""

    changed: Sequence[str]
    waiting: Sequence[str]


@dataclass(frozen=True, slots=True)
class BannedData(EventData):
    """A server ban: the type of its mask, and the instant at which it expires."""

    id: int
    type: str
    expires: int | None


@dataclass(frozen=True, slots=True)
class ExpiredData(EventData):
    """The number of events that were removed, and of the rooms and conversations they were in.

    `entry` is the id of the audit entry that the pass made in the meantime, and is replaced.
    """

    events: int
    rooms: int
    conversations: int
    entry: int | None = None


DATA_CLASSES: Mapping[Kind, type[EventData]] = {
    Kind.CONNECTED: ConnectedData,
    Kind.QUIT: DepartureData,
    Kind.DETACHED: DepartureData,
    Kind.HOST: HostData,
    Kind.KILLED: KilledData,
    Kind.OPERED: OperData,
    Kind.OPER_REFUSED: OperData,
    Kind.CREATED: CreatedData,
    Kind.RENAMED: RenamedData,
    Kind.DELETED: DeletedData,
    Kind.JOINED: JoinedData,
    Kind.KICKED: KickedData,
    Kind.INVITED: InvitedData,
    Kind.MODE: ModeData,
    Kind.RETENTION: RetentionData,
    Kind.PRIVMSG: MessageData,
    Kind.NOTICE: MessageData,
    Kind.TAGMSG: MessageData,
    Kind.REDACTED: RedactedData,
    Kind.MARKED: MarkedData,
    Kind.METADATA: MetadataChangeData,
    Kind.PRIVATE_METADATA: PrivateMetadataData,
    Kind.REGISTERED: RegisteredData,
    Kind.APPLIED: AppliedData,
    Kind.ACCOUNT_CHANGED: AccountChangedData,
    Kind.ACCOUNT_DELETED: AccountDeletedData,
    Kind.ACCOUNT_RENAMED: AccountRenamedData,
    Kind.CERTIFICATE_ADDED: CertificateData,
    Kind.CERTIFICATE_REMOVED: CertificateData,
    Kind.INVITATION_MADE: InvitationData,
    Kind.INVITATION_REVOKED: RevokedData,
    Kind.REHASHED: RehashedData,
    Kind.BANNED: BannedData,
    Kind.UNBANNED: RevokedData,
    Kind.EXPIRED: ExpiredData,
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
