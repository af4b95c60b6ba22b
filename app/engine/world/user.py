"""Users: a nick and a session, with any number of connections."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace

from app.engine.delivery.client import Client
from app.events import Event, EventData, Kind, Secret
from app.events.data import DevicesData
from app.services.history.last_visits import list_visitors
from app.wire.names import Key

Metadata = dict[str, str]  # draft/metadata-3 values by key
PrivateMetadata = dict[tuple[Key, str], str]  # values by folded target and key
Markers = dict[Key, int] | None  # read markers as instants; None until loaded


@dataclass(slots=True, eq=False)
class AccountInfo:
    """A registered account, without its secrets, which stay in the database."""

    id: int
    name: str
    role: str
    disabled: bool = False
    password_version: int = 0  # password changes since the server started
    always_on: bool | None = None  # None: use the server's default
    markers: Markers = None
    metadata: Metadata = field(default_factory=dict)
    private_metadata: PrivateMetadata = field(default_factory=dict)

    def forget_private_metadata(self, target: Key) -> None:
        """Remove the private metadata under a name."""
        for entry in [entry for entry in self.private_metadata if entry[0] == target]:
            del self.private_metadata[entry]

    def move_private_metadata(self, old: Key, new: Key) -> None:
        """Replace the private metadata under one name of a room by that under its former name."""
        values = self.private_metadata
        for target, key in list(values):
            if target == new:
                del values[new, key]
        for target, key in list(values):
            if target == old:
                values[new, key] = values.pop((old, key))


@dataclass(frozen=True, slots=True)
class NodeDevices:
    """What every node knows of the devices that a session has on one of them."""

    are_secure: bool = False  # all of them use TLS
    certificates: Sequence[str] = ()  # fingerprints, sorted

    @classmethod
    def of(cls, clients: Iterable[Client]) -> "NodeDevices":
        """Return the value for some connections."""
        devices = list(clients)
        certificates = {client.certificate for client in devices if client.certificate}
        return cls(all(client.secure for client in devices), tuple(sorted(certificates)))

    @classmethod
    def from_data(cls, data: DevicesData) -> "NodeDevices":
        """Return the value in the data of an event."""
        return cls(data.secure, tuple(data.certificates or ()))


@dataclass(slots=True, eq=False)
class User:
    """A registered user, on any server; `rooms` holds room ids."""

    session: int
    nick: str
    key: Key
    user: str
    host: str
    address: str
    realname: str
    signon: int  # instant
    last_active: float  # monotonic seconds of the last message
    spoke_at: int = 0  # instant of the last message that came from another node
    account: AccountInfo | None = None
    away: str | None = None
    detached: int | None = None  # instant of the last device's disconnect, if always-on
    operator: bool | None = None  # set by OPER or MODE -o; None: by account role
    operator_name: str | None = None  # the name used with OPER
    modes: set[str] = field(default_factory=lambda: {"i"})
    rooms: set[int] = field(default_factory=set)
    invited: set[int] = field(default_factory=set)  # rooms with an unused invitation
    devices: dict[str, NodeDevices] = field(default_factory=dict)  # by server; none: detached
    clients: list[Client] = field(default_factory=list)  # the devices on this server
    markers: Markers = None
    metadata: Metadata = field(default_factory=dict)  # used only without an account

    @property
    def nodes(self) -> Set[str]:
        """The servers with a device."""
        return self.devices.keys()

    @property
    def is_secure(self) -> bool:
        """Whether all devices use TLS, and there is one."""
        return bool(self.devices) and all(devices.are_secure for devices in self.devices.values())

    @property
    def certificates(self) -> list[str]:
        """The fingerprints of the devices' certificates, sorted."""
        return sorted({found for devices in self.devices.values() for found in devices.certificates})

    @property
    def source(self) -> str:
        """The message prefix, `nick!user@host`."""
        return f"{self.nick}!{self.user}@{self.host}"

    def event(
        self,
        kind: Kind,
        room: int | None = None,
        conversation: str | None = None,
        target: str | None = None,
        text: str | None = None,
        data: EventData | None = None,
        secret: Secret | None = None,
        at: int = 0,
    ) -> Event:
        """Return an event by this user, tagged `bot` if the user is one; `room` is a room id."""
        if self.is_bot:
            data = data or EventData()
            data = replace(data, tags={**(data.tags or {}), "bot": ""})
        return Event(
            kind,
            room,
            conversation,
            self.session,
            self.nick,
            self.user,
            self.host,
            self.account.name if self.account else None,
            target,
            text,
            data,
            at=at,
            secret=secret,
        )

    def make_room_events(
        self, kind: Kind, target: str | None = None, text: str | None = None, data: EventData | None = None
    ) -> list[Event]:
        """Return one event per room of this user, or a single event without a room."""
        rooms: list[int | None] = [*sorted(self.rooms)] or [None]
        return [self.event(kind, room, target=target, text=text, data=data) for room in rooms]

    @property
    def party(self) -> str:
        """The identity in private conversations: the account, or the session of a guest."""
        return f"a{self.account.id}" if self.account else f"s{self.session}"

    @property
    def parties(self) -> tuple[str, ...]:
        """The party of the account, if any, and the party of the session."""
        session = f"s{self.session}"
        return (self.party, session) if self.account else (session,)

    @property
    def visitors(self) -> tuple[str, ...]:
        """The identities under which the user's visits to rooms are recorded."""
        return list_visitors(self.nick, self.host, self.account.id if self.account else None)

    @property
    def principal(self) -> "AccountInfo | User":
        """The owner of read markers and metadata: the account, or the user itself if a guest."""
        return self.account or self

    @property
    def profile(self) -> Metadata:
        """The metadata of the account, or of a guest's session."""
        return self.metadata if self.account is None else self.account.metadata

    @property
    def is_admin(self) -> bool:
        """Whether the user is an administrator, by OPER or by account, and has not used MODE -o."""
        if self.operator is not None:
            return self.operator
        return self.is_admin_by_account

    @property
    def is_admin_by_account(self) -> bool:
        """Whether the account has the admin role."""
        return self.account is not None and self.account.role == "admin"

    @property
    def is_pseudoclient(self) -> bool:
        """Whether this is a service of the server, such as NickServ."""
        return self.session < 0

    @property
    def is_bot(self) -> bool:
        """Whether the user is marked as a bot (user mode B)."""
        return "B" in self.modes

    def is_visible_to(self, viewer: "User") -> bool:
        """Whether mask queries show the user to the viewer: not invisible, or in a shared room."""
        return (
            "i" not in self.modes
            or self is viewer
            or viewer.is_admin
            or not self.rooms.isdisjoint(viewer.rooms)
        )
