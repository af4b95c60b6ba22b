"""The world: who is here now, and what holds. It is owned by the engine's thread; nobody else touches it.

`apply` is the only way its state changes, for events decided here and for those that others appended to the
log. Commands read it, decide, and emit events.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.clock import Clock, is_ahead
from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.world.monitor_index import MonitorIndex
from app.engine.world.room import Room
from app.engine.world.user import AccountInfo, User
from app.engine.world.user_counts import UserCounts
from app.events import Event, Kind
from app.events.data import MarkedData, MetadataChangeData, RedactedData
from app.wire.names import Key, fold, skeleton

MAX_WHOWAS_NICKS = 1_000  # nicks remembered after their owners left
MAX_REDACTIONS = 1_000  # the latest, that a page read before must not show any more
MAX_WHOWAS_ENTRIES = 10  # entries remembered for each of them

Reducer = Callable[["World", Event], None]


@dataclass(slots=True, frozen=True)
class Ban:
    """A server-wide ban and who decided on it; `expires` is an instant, or None for ever."""

    id: int
    type: str
    mask: str
    reason: str
    expires: int | None
    by: str


@dataclass(slots=True)
class Invitation:
    """A code with which `left` more accounts may be made; `expires` is an instant, or None for ever."""

    id: int
    left: int
    expires: int | None


@dataclass(slots=True, frozen=True)
class WhowasEntry:
    """What WHOWAS tells of somebody who left."""

    nick: str
    user: str
    host: str
    realname: str
    account: str | None
    at: int


class World:
    """Everybody who is here, every room, every registered name and every ban."""

    def __init__(self, clock: Clock, replay: int, reducers: Mapping[Kind, Reducer]) -> None:
        self.clock = clock
        self._reducers = reducers
        self.replay = replay  # messages of a room kept for newcomers
        self.clients: set[Client] = set()
        self.unregistered: set[Client] = set()  # of the clients, those that may yet speak for somebody
        self.users: dict[int, User] = {}
        self.nicks: dict[Key, User] = {}
        self.rooms: dict[int, Room] = {}
        self.room_keys: dict[Key, Room] = {}
        self.accounts: dict[Key, AccountInfo] = {}
        self.certificates: dict[str, AccountInfo] = {}  # that open accounts, by the fingerprint
        self.invitations: dict[str, Invitation] = {}  # by the digest of the code
        self.bans: dict[int, Ban] = {}
        self.whowas: OrderedDict[Key, deque[WhowasEntry]] = OrderedDict()
        self.monitors = MonitorIndex()
        self.user_counts = UserCounts()
        self.syncing: set[Client] = set()  # those that are told much metadata, page by page
        self.most_users = 0
        self.redacted: deque[int] = deque(maxlen=MAX_REDACTIONS)
        self._skeletons: dict[str, set[Key]] = {}

    def apply(self, event: Event) -> None:
        """Change the world as the event says."""
        reducer = self._reducers.get(event.kind)
        if reducer is not None:
            reducer(self, event)

    def find_user(self, nick: str) -> User | None:
        """Look somebody up by nick, in any case."""
        return self.nicks.get(fold(nick))

    def find_room(self, name: str) -> Room | None:
        """Look a room up by name, in any case."""
        return self.room_keys.get(fold(name))

    def find_account(self, name: str) -> AccountInfo | None:
        """Look a registered name up, in any case."""
        return self.accounts.get(fold(name))

    def users_of(self, account: AccountInfo) -> list[User]:
        """Return everybody who speaks for the account; they may be here under several nicks."""
        return [user for user in self.users.values() if user.account is account]

    def user_of(self, client: Client) -> User | None:
        """Return who the connection speaks for, if it is registered."""
        return self.users.get(client.session) if client.session is not None else None

    def rooms_of(self, user: User) -> list[Room]:
        """Return the rooms the user is in."""
        return [self.rooms[room] for room in user.rooms]

    def neighbours(self, user: User) -> Audience:
        """Return the clients that share a room with the user, and the user's own."""
        clients = set(user.clients)
        for room in self.rooms_of(user):
            clients |= room.audience.clients
        return Audience(clients)

    def presence_audience(self, user: User) -> Audience:
        """Return those who hear how the user is: neighbours, and those who watch the user and asked for that too."""
        watchers = [client for client in self.monitors.of(user.key) if "extended-monitor" in client.caps]
        neighbours = self.neighbours(user)
        return Audience(neighbours.clients.union(watchers)) if watchers else neighbours

    def everybody(self) -> Audience:
        """Return every registered client."""
        return Audience(client for user in self.users.values() for client in user.clients)

    def listeners(self) -> Audience:
        """Return the clients of those who hear what administrators say to all who want to (user mode w)."""
        return Audience(
            client for user in self.users.values() if "w" in user.modes for client in user.clients
        )

    def reshape(self, client: Client, caps: frozenset[str]) -> None:
        """Give a client other capabilities; the rooms it is in are heard differently from now on."""
        client.enable(caps)
        user = self.user_of(client)
        for room in self.rooms_of(user) if user else ():
            room.forget_audience()

    def arrive(self, client: Client) -> None:
        """Let a connection be there, and speak for nobody yet."""
        self.clients.add(client)
        self.unregistered.add(client)

    def close(self, client: Client) -> None:
        """Let a connection be about to end: nothing that it says counts any more, and it will be nobody."""
        client.ended = True
        self.unregistered.discard(client)

    def admit(self, user: User) -> None:
        """Let somebody be here."""
        self.users[user.session] = user
        self.nicks[user.key] = user
        self.add_skeleton(user.nick)
        self.user_counts.note(user)

    def attach(self, client: Client, user: User) -> None:
        """Let a connection speak for a user."""
        client.session = user.session
        client.nick = user.nick
        user.clients.append(client)
        self.unregistered.discard(client)
        for room in self.rooms_of(user):
            room.forget_audience()

    def add_pseudoclient(self, attendant: User) -> None:
        """Let an attendant be found like a person; it has no connection and is in no room."""
        self.nicks[attendant.key] = attendant
        self.add_skeleton(attendant.nick)

    def detach(self, client: Client) -> None:
        """Let a connection speak for nobody any more, and forget it."""
        self.clients.discard(client)
        self.syncing.discard(client)
        self.monitors.clear(client)
        self.unregistered.discard(client)
        user = self.user_of(client)
        client.session = None
        if user is not None:
            user.clients.remove(client)
            for room in self.rooms_of(user):
                room.forget_audience()

    def devices(self, party: str) -> Audience:
        """Return the clients of everybody who is this party: an account may be here under several nicks."""
        return Audience(client for u in self.users.values() if u.party == party for client in u.clients)

    def find_reader(self, event: Event) -> AccountInfo | User | None:
        """Return whose read markers, or metadata, an event is about, if they are here or have an account."""
        if event.account is not None:
            return self.find_account(event.account)
        if isinstance(event.data, MarkedData | MetadataChangeData) and event.data.party:
            return self.users.get(int(event.data.party.removeprefix("s")))
        return None

    def active_bans(self) -> Iterable[Ban]:
        """Yield the server-wide bans that are in force now."""
        now = self.clock.now()
        return (ban for ban in self.bans.values() if is_ahead(ban.expires, now))

    def remember(self, event: Event) -> None:
        """Keep a room's message for newcomers, if the room's last ones are in memory."""
        room = self.rooms.get(event.room) if event.room is not None else None
        if room is not None and room.recent is not None:
            room.recent.append(event)

    def set_recent(self, room: Room, events: Iterable[Event]) -> None:
        """Take what was read from the log as the room's last messages."""
        room.recent = deque(events, maxlen=self.replay)

    def set_replay_limit(self, number: int) -> None:
        """Keep so many messages of each room for newcomers from now on; what they are is read anew."""
        self.replay = number
        for room in self.rooms.values():
            room.recent = None

    def forget(self, event: Event) -> None:
        """Take back what could not be stored: a message, metadata; a read marker is read anew from what is stored."""
        if event.kind is Kind.METADATA:
            event.text = event.secret if isinstance(event.secret, str) else None  # what was said before
            self.apply(event)
        if event.kind is Kind.MARKED and (reader := self.find_reader(event)) is not None:
            reader.markers = None
        if isinstance(event.data, RedactedData) and event.data.event in self.redacted:
            self.redacted.remove(event.data.event)
        room = self.rooms.get(event.room) if event.room is not None else None
        if room is not None and event.kind is Kind.REDACTED:
            room.recent = None  # to be read anew
        elif room is not None and room.recent is not None and event in room.recent:
            room.recent.remove(event)

    def find_confusable(self, name: str) -> str | None:
        """Return a name in use that this one could be mistaken for, by letters of another script.

        Names in plain ASCII are never taken for one another: `anna1` and `annal` may both exist.
        """
        for key in self._skeletons.get(skeleton(name), ()):
            if key != fold(name) and not (name.isascii() and key.isascii()):
                return str(key)
        return None

    def add_skeleton(self, name: str) -> None:
        """Remember what a name in use looks like."""
        self._skeletons.setdefault(skeleton(name), set()).add(fold(name))

    def discard_skeleton(self, name: str) -> None:
        """Forget a name that is no longer in use, unless it is registered and looks like this."""
        account = self.accounts.get(fold(name))
        if account is not None and skeleton(account.name) == skeleton(name):
            return
        faces = self._skeletons.get(skeleton(name), set())
        faces.discard(fold(name))
        if not faces:
            self._skeletons.pop(skeleton(name), None)

    def record_whowas(self, user: User) -> None:
        """Remember what WHOWAS tells of somebody who is no longer known by this nick."""
        account = user.account.name if user.account else None
        entry = WhowasEntry(user.nick, user.user, user.host, user.realname, account, self.clock.now())
        self.whowas.setdefault(user.key, deque(maxlen=MAX_WHOWAS_ENTRIES)).appendleft(entry)
        self.whowas.move_to_end(user.key)
        if len(self.whowas) > MAX_WHOWAS_NICKS:
            self.whowas.popitem(last=False)
