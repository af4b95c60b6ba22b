"""The world: users, rooms, accounts and bans in memory, used by the engine's thread only.

Users, rooms, accounts and bans change only through `apply`, for events of this node and for events
that other programs appended to the log. Commands read the world and emit events.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.clock import Clock
from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.world.ban_index import BanIndex
from app.engine.world.departures import Departures
from app.engine.world.monitor_index import MonitorIndex
from app.engine.world.recent_messages import RecentMessages
from app.engine.world.room import Room
from app.engine.world.skeleton_index import SkeletonIndex
from app.engine.world.user import AccountInfo, User
from app.engine.world.user_counts import UserCounts
from app.engine.world.whowas import WhowasHistory
from app.events import Event, Kind
from app.events.data import InvitedData, MarkedData, MetadataChangeData, RedactedData
from app.services.accounts.name_reservations import NameReservations
from app.wire.names import Key, fold, skeleton

MAX_REDACTIONS = 1_000  # recent redactions, to filter history pages read before them

Reducer = Callable[["World", Event], None]


@dataclass(slots=True)
class Invitation:
    """An invitation code; `expires` is an instant, or None if it never expires."""

    id: int
    remaining_uses: int
    expires: int | None


class World:
    """All users, rooms, accounts and bans."""

    def __init__(self, clock: Clock, node: str, replay: int, reducers: Mapping[Kind, Reducer]) -> None:
        self.clock = clock
        self.node = node  # the name of this server
        self.live_nodes = {node}  # the servers on this database
        self.is_draining = False  # this server accepts no more connections, and stops without any
        self._reducers = reducers
        self.replay = replay  # messages per room replayed to new members
        self.recent = RecentMessages(self.recent_length)
        self.departures = Departures()
        self.clients: set[Client] = set()
        self.unregistered: set[Client] = set()  # clients that have not completed registration
        self.users: dict[int, User] = {}
        self.nicks: dict[Key, User] = {}
        self.rooms: dict[int, Room] = {}
        self.room_keys: dict[Key, Room] = {}
        self.accounts: dict[Key, AccountInfo] = {}
        self.certificates: dict[str, AccountInfo] = {}  # accounts by certificate fingerprint
        self.invitations: dict[str, Invitation] = {}  # by digest of the code
        self.bans = BanIndex(clock)
        self.whowas = WhowasHistory()
        self.monitors = MonitorIndex()
        self.user_counts = UserCounts()
        self.syncing: set[Client] = set()  # clients that are receiving metadata page by page
        self.peak_users = 0
        self.reservations = NameReservations(b"")  # names that nobody may use
        self.is_erasing = False  # stored messages are being erased in steps
        self.redacted: deque[int] = deque(maxlen=MAX_REDACTIONS)
        self.skeletons = SkeletonIndex()

    def apply(self, event: Event) -> None:
        """Apply an event to the world."""
        reducer = self._reducers.get(event.kind)
        if reducer is not None:
            reducer(self, event)

    @property
    def is_leader(self) -> bool:
        """Whether this node does what only one of them needs to do."""
        return self.node == min(self.live_nodes)

    def age_seconds(self, event: Event) -> float:
        """Return how long ago an event of another node was stored; 0 for one of this node."""
        return max(0, self.clock.now() - event.at) / 1000 if event.at else 0.0

    def monotonic_at(self, instant: int) -> float:
        """Return the monotonic seconds at an instant of the past."""
        return self.clock.monotonic() - (self.clock.now() - instant) / 1000

    def is_responsible_for(self, user: User) -> bool:
        """Whether this node decides what follows for a user from events that no node decided.

        It is the first of the live nodes that have a device, or else of all of them.
        """
        return min((user.nodes & self.live_nodes) or self.live_nodes) == self.node

    def users_on(self, node: str) -> list[User]:
        """Return the users with a device on a node."""
        return [user for user in self.users.values() if node in user.nodes]

    def find_user(self, nick: str) -> User | None:
        """Return the user with a nick (case-insensitive), or None."""
        return self.nicks.get(fold(nick))

    def find_room(self, name: str) -> Room | None:
        """Return the room with a name (case-insensitive), or None."""
        return self.room_keys.get(fold(name))

    def find_account(self, name: str) -> AccountInfo | None:
        """Return the account with a name (case-insensitive), or None."""
        return self.accounts.get(fold(name))

    def find_account_by_id(self, account: int) -> AccountInfo | None:
        """Return the account with an id, or None."""
        return next((found for found in self.accounts.values() if found.id == account), None)

    def users_of(self, account: AccountInfo) -> list[User]:
        """Return all users logged in to the account."""
        return [user for user in self.users.values() if user.account is account]

    def user_of(self, client: Client) -> User | None:
        """Return the user of a connection, or None before registration."""
        return self.users.get(client.session) if client.session is not None else None

    def rooms_of(self, user: User) -> list[Room]:
        """Return the rooms the user is in."""
        return [self.rooms[room] for room in user.rooms]

    def shared_room_audience(self, user: User) -> Audience:
        """Return the clients of users in the same rooms, including the user's own."""
        clients = set(user.clients)
        for room in self.rooms_of(user):
            clients |= room.audience.clients
        return Audience(clients)

    def presence_audience(self, user: User) -> Audience:
        """Return the recipients of presence changes: shared rooms and extended-monitor clients."""
        monitors = [client for client in self.monitors.of(user.key) if "extended-monitor" in client.caps]
        audience = self.shared_room_audience(user)
        return Audience(audience.clients.union(monitors)) if monitors else audience

    def all_clients(self) -> Audience:
        """Return the connections of all registered users."""
        return Audience(client for user in self.users.values() for client in user.clients)

    def wallops_audience(self) -> Audience:
        """Return the clients of users that receive WALLOPS (user mode w)."""
        return Audience(
            client for user in self.users.values() if "w" in user.modes for client in user.clients
        )

    def set_capabilities(self, client: Client, caps: frozenset[str]) -> None:
        """Set a client's capabilities, and invalidate the audiences of its rooms."""
        client.enable(caps)
        user = self.user_of(client)
        for room in self.rooms_of(user) if user else ():
            room.invalidate_audience()

    def add_connection(self, client: Client) -> None:
        """Add a new connection."""
        self.clients.add(client)
        self.unregistered.add(client)

    def close(self, client: Client) -> None:
        """Mark a connection as closed: further commands are ignored, and it cannot register."""
        client.is_closed = True
        self.unregistered.discard(client)

    def add_user(self, user: User) -> None:
        """Add a user."""
        self.users[user.session] = user
        self.nicks[user.key] = user
        self.skeletons.add(user.nick)
        self.user_counts.update(user)

    def remove_user(self, user: User) -> None:
        """Remove a user from the world and from every room."""
        del self.users[user.session]
        for room in self.rooms_of(user):
            self.leave(user, room)
        del self.nicks[user.key]
        self.discard_skeleton(user.nick)
        self.user_counts.remove(user)

    def attach(self, client: Client, user: User) -> None:
        """Add a connection to a user."""
        client.session = user.session
        client.nick = user.nick
        user.clients.append(client)
        self.unregistered.discard(client)
        for room in self.rooms_of(user):
            room.invalidate_audience()

    def add_pseudoclient(self, pseudoclient: User) -> None:
        """Reserve the nick of a pseudoclient, which has no connection and no rooms."""
        self.nicks[pseudoclient.key] = pseudoclient
        self.skeletons.add(pseudoclient.nick)

    def detach(self, client: Client) -> None:
        """Remove a connection from the world and from its user."""
        self.clients.discard(client)
        self.syncing.discard(client)
        self.monitors.clear(client)
        self.unregistered.discard(client)
        user = self.user_of(client)
        client.session = None
        if user is not None:
            user.clients.remove(client)
            for room in self.rooms_of(user):
                room.invalidate_audience()

    def devices(self, party: str) -> Audience:
        """Return the clients of all users of a party; an account may have several users."""
        return Audience(client for u in self.users.values() if u.party == party for client in u.clients)

    def find_principal(self, event: Event) -> AccountInfo | User | None:
        """Return the account or guest whose read marker or metadata an event changes, or None."""
        if event.account is not None:
            return self.find_account(event.account)
        if isinstance(event.data, MarkedData | MetadataChangeData) and event.data.party:
            return self.users.get(int(event.data.party.removeprefix("s")))
        return None

    def begin_erasing(self) -> None:
        """Stop keeping messages in memory: stored ones are being erased in steps."""
        self.is_erasing = self.recent.is_suspended = True
        self.recent.clear()

    def end_erasing(self) -> None:
        """Keep messages in memory again: nothing remains to be erased."""
        self.is_erasing = self.recent.is_suspended = False

    def leave(self, user: User, room: Room) -> None:
        """Remove a user from a room; the recent messages of an empty room are not kept."""
        room.remove(user)
        user.rooms.discard(room.id)
        if not room.members:
            self.recent.drop(room.id)

    @property
    def recent_length(self) -> int:
        """The number of messages cached per room: those to replay, and one that is left out."""
        return self.replay + 1

    def set_replay_limit(self, number: int) -> None:
        """Change the number of replayed messages; recent messages are reloaded on demand."""
        self.replay = number
        self.recent.set_length(self.recent_length)

    def revert(self, event: Event) -> None:
        """Undo an event that could not be stored; read markers are reloaded on demand."""
        if event.kind in (Kind.METADATA, Kind.PRIVATE_METADATA):
            event.text = event.secret if isinstance(event.secret, str) else None  # the previous value
            self.apply(event)
        if event.kind is Kind.MARKED and (principal := self.find_principal(event)) is not None:
            principal.markers = None
        if isinstance(event.data, InvitedData) and (user := self.users.get(event.data.session)):
            user.invited.discard(event.room or 0)
        if isinstance(event.data, RedactedData) and event.data.event in self.redacted:
            self.redacted.remove(event.data.event)
        if event.room is not None and event.kind is Kind.REDACTED:
            self.recent.drop(event.room)
        elif event.room is not None:
            self.recent.remove(event.room, event)

    def discard_skeleton(self, name: str) -> None:
        """Remove a name from the skeleton index, unless it is also an account's name."""
        account = self.accounts.get(fold(name))
        if account is None or skeleton(account.name) != skeleton(name):
            self.skeletons.discard(name)
