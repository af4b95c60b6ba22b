"""A room: who is in it, what holds there, and who may do what."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.events import Event
from app.live.audience import Audience
from app.live.client import Client
from app.live.roster import Roster
from app.live.user import Metadata, User
from app.wire.masks import matches
from app.wire.modes import HIDDEN_PAST, LISTS, PREFIXES, ROLES
from app.wire.names import Key
from app.wire.packing import packed

NAMED = frozenset({"multi-prefix", "userhost-in-names"})
_SYMBOLS = dict(zip(ROLES, PREFIXES, strict=True))


@dataclass(slots=True, eq=False)
class Member:
    """Somebody in a room, with the roles they have there."""

    user: User
    roles: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """All role symbols, the highest first: `@+`."""
        if not self.roles:
            return ""
        return "".join(symbol for role, symbol in _SYMBOLS.items() if role in self.roles)

    def prefix_for(self, client: Client) -> str:
        """Return the symbols that a client is shown: all of them if it knows multi-prefix, else the highest."""
        return self.prefix if "multi-prefix" in client.caps else self.prefix[:1]

    def name_for(self, client: Client) -> str:
        """Return what NAMES tells a client of them; it depends on the capabilities NAMED only."""
        return self.prefix_for(client) + (
            self.user.source if "userhost-in-names" in client.caps else self.user.nick
        )

    @property
    def is_operator(self) -> bool:
        """Whether they moderate the room."""
        return "o" in self.roles


@dataclass(slots=True, frozen=True)
class MaskEntry:
    """Who put a mask on a room's list, and when."""

    by: str
    at: int


@dataclass(slots=True, eq=False)
class Room:
    """A channel with its members. `roles` are those kept for accounts; `recent` is what a newcomer is shown."""

    id: int
    name: str
    key: Key
    created: int
    official: bool = False
    topic: str = ""
    topic_by: str = ""
    topic_at: int = 0
    modes: set[str] = field(default_factory=set)
    password: str | None = None
    limit: int | None = None
    members: dict[int, Member] = field(default_factory=dict)
    roles: dict[int, set[str]] = field(default_factory=dict)
    lists: dict[str, dict[str, MaskEntry]] = field(default_factory=lambda: {letter: {} for letter in LISTS})
    recent: deque[Event] | None = None
    metadata: Metadata = field(default_factory=dict)
    _audience: Audience | None = None
    _roster: Roster[Member] = field(default_factory=Roster)

    @property
    def audience(self) -> Audience:
        """Every client of every member, made anew only when that changed otherwise than by growing."""
        if self._audience is None:
            self._audience = Audience(self._clients(self.members.values()))
        return self._audience

    def changed_audience(self) -> None:
        """Forget the audience: a member has other connections, or negotiated other capabilities."""
        self._audience = None

    def changed_names(self) -> None:
        """Forget how the members are written: one has another nick, host or role."""
        self._roster = Roster()

    def add(self, user: User, roles: set[str]) -> None:
        """Let somebody in with these roles; for whoever is in already, only the roles change."""
        if user.session in self.members:
            self.changed_names()
        elif self._audience is not None:
            self._audience = self._audience.joined_by(user.clients)
        self.members[user.session] = Member(user, roles)

    def remove(self, user: User) -> None:
        """Let somebody be gone, if they are here."""
        if self.members.pop(user.session, None) is not None:
            self.changed_audience()
            self.changed_names()

    def operators(self) -> Audience:
        """The clients of those who moderate the room."""
        return Audience(self._clients(member for member in self.members.values() if member.is_operator))

    @staticmethod
    def _clients(members: Iterable[Member]) -> Iterator[Client]:
        return (client for member in members for client in member.user.clients)

    def member(self, user: User) -> Member | None:
        """Return the user's membership, if they are in the room."""
        return self.members.get(user.session)

    def is_operator(self, user: User) -> bool:
        """Whether the user moderates the room."""
        member = self.members.get(user.session)
        return member is not None and member.is_operator

    def is_listed(self, letter: str, user: User) -> bool:
        """Whether a mask on the list matches the user."""
        masks = self.lists[letter]
        return bool(masks) and any(matches(mask, user.source) for mask in masks)

    def is_banned(self, user: User) -> bool:
        """Whether a ban matches the user and no exception does."""
        return self.is_listed("b", user) and not self.is_listed("e", user)

    @property
    def hides_past(self) -> bool:
        """Whether nobody reads what was said before they came."""
        return HIDDEN_PAST in self.modes

    def is_visible_to(self, user: User) -> bool:
        """Whether the user may learn that the room exists: all but secret rooms, and one's own."""
        return "s" not in self.modes or user.session in self.members or user.is_admin

    def members_shown_to(self, viewer: User) -> Iterator[Member]:
        """Yield the members whom the viewer may know of: all of them inside, those to be found from outside."""
        is_inside = viewer.session in self.members
        return (m for m in self.members.values() if is_inside or m.user.is_visible_to(viewer))

    def names_for(self, client: Client, viewer: User, most: int) -> list[str]:
        """Return the names of those whom the viewer may know of, in texts of at most so many bytes."""
        if viewer.session not in self.members:
            return packed((member.name_for(client) for member in self.members_shown_to(viewer)), most)
        way = client.caps & NAMED
        return self._roster.texts(self.members.values(), way, lambda member: member.name_for(client), most)

    def may_speak(self, user: User) -> bool:
        """Whether a message of the user would be accepted; exactly the rules of +n, +m and +b."""
        member = self.members.get(user.session)
        if member is None and "n" in self.modes:
            return False
        if member is not None and member.roles:
            return True
        return "m" not in self.modes and not self.is_banned(user)

    def kept_roles(self, user: User) -> set[str]:
        """Return the roles that the user has by their account: those the room keeps, and an administrator's."""
        kept = set(self.roles.get(user.account.id, ())) if user.account else set()
        return kept | {"o"} if self.official and user.is_admin else kept

    @property
    def is_orphaned(self) -> bool:
        """Whether nobody is in the room and no account moderates it: the next to come takes it over."""
        return not self.members and not self.official and not any("o" in r for r in self.roles.values())

    def mode_words(self, show_key: bool) -> list[str]:
        """Return the modes as MODE writes them: `+klnt`, then the arguments."""
        letters = "".join(
            sorted(self.modes | ({"k"} if self.password else set()) | ({"l"} if self.limit else set()))
        )
        words = ["+" + letters]
        if self.password:
            words.append(self.password if show_key else "*")
        if self.limit:
            words.append(str(self.limit))
        return words
