"""A person who is here: one nick, one session, and the connections that speak for it."""

from dataclasses import dataclass, field, replace

from app.engine.delivery.client import Client
from app.events import Event, EventData, Kind, Secret
from app.wire.names import Key

Metadata = dict[str, str]  # what somebody says of themselves for clients to show, by key
Markers = dict[Key, int] | None  # the instants up to which somebody has read; None until they are asked for


@dataclass(slots=True, eq=False)
class AccountInfo:
    """What the world knows of a registered name; its secrets stay in the database."""

    id: int
    name: str
    role: str
    disabled: bool = False
    renewals: int = 0  # of the password, since the server was started
    always_on: bool | None = None  # whether its person stays without a device; None is as the settings say
    markers: Markers = None
    metadata: Metadata = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class User:
    """Somebody who finished registration. `rooms` are the ids of the rooms they are in."""

    session: int
    nick: str
    key: Key
    user: str
    host: str
    address: str
    realname: str
    signon: int  # instant
    active: float  # monotonic seconds of the last message
    account: AccountInfo | None = None
    away: str | None = None
    detached: int | None = None  # the instant at which the last device left, of somebody who stays
    operator: bool | None = None  # by OPER, or not any more by MODE -o; None as the account has it
    operator_name: str | None = None  # the name for OPER by which they are
    modes: set[str] = field(default_factory=lambda: {"i"})
    rooms: set[int] = field(default_factory=set)
    invited: set[int] = field(default_factory=set)  # rooms they may enter once
    clients: list[Client] = field(default_factory=list)
    markers: Markers = None
    metadata: Metadata = field(default_factory=dict)  # as long as they have no account

    @property
    def source(self) -> str:
        """How IRC names the author of a line."""
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
        """Return an event whose author they are, with a tag if they are a program; `room` is the room's id."""
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

    def everywhere(self, kind: Kind, target: str | None = None, text: str | None = None) -> list[Event]:
        """Return what happens to them in all their rooms at once: a row for each, or a single one without a room."""
        rooms: list[int | None] = [*sorted(self.rooms)] or [None]
        return [self.event(kind, room, target=target, text=text) for room in rooms]

    @property
    def party(self) -> str:
        """Who this is in a private conversation: the account, or this session of a guest."""
        return f"a{self.account.id}" if self.account else f"s{self.session}"

    @property
    def parties(self) -> tuple[str, ...]:
        """Who this is where both count, the account first and this session: how long they are in a room."""
        session = f"s{self.session}"
        return (self.party, session) if self.account else (session,)

    @property
    def reader(self) -> "AccountInfo | User":
        """Whose the read markers are: the account's, or this session's of a guest."""
        return self.account or self

    @property
    def profile(self) -> Metadata:
        """What they say of themselves: the account does, or this session of a guest."""
        return self.metadata if self.account is None else self.account.metadata

    @property
    def is_admin(self) -> bool:
        """Whether they are an administrator: by OPER, or by their account as long as they do not renounce it."""
        if self.operator is not None:
            return self.operator
        return self.is_admin_by_account

    @property
    def is_admin_by_account(self) -> bool:
        """Whether their account makes them an administrator, unless they renounced it."""
        return self.account is not None and self.account.role == "admin"

    @property
    def is_pseudoclient(self) -> bool:
        """Whether this is the server itself, under a nick that people may write to."""
        return self.session < 0

    @property
    def is_bot(self) -> bool:
        """Whether they have said that they are a program (user mode B)."""
        return "B" in self.modes

    def is_visible_to(self, viewer: "User") -> bool:
        """Whether the viewer finds them without knowing their nick: not invisible, or in a room of the viewer's."""
        return (
            "i" not in self.modes
            or self is viewer
            or viewer.is_admin
            or not self.rooms.isdisjoint(viewer.rooms)
        )
