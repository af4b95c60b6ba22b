"""A room: who is in it, what holds there, and who may do what."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.world.names_cache import NamesCache
from app.engine.world.user import Metadata, User
from app.events import Event
from app.wire import extbans, word_filter
from app.wire.extbans import ListMask
from app.wire.modes import HIDDEN_HISTORY, LISTS, PREFIXES, ROLES
from app.wire.names import Key, caseless, fold
from app.wire.packing import pack_words
from app.wire.word_filter import ForbiddenWord

SPEAKERS_THRESHOLD = 1_000  # remembered of a slow room before those are looked for who need not wait any more
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


@dataclass(frozen=True)
class MaskEntry:
    """A mask or a word on a list of a room: who put it there, and when. It is compiled once, when first needed."""

    mask: str
    by: str
    at: int

    @cached_property
    def rule(self) -> ListMask:
        """Whom it describes, if it is a mask."""
        return extbans.parse_list_mask(self.mask)

    @cached_property
    def word(self) -> ForbiddenWord:
        """What nobody may say, if it is a word."""
        return word_filter.parse_word(self.mask)


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
    pause: int | None = None  # seconds between two messages of one person
    speakers: dict[str, float] = field(default_factory=dict)  # parties, until when they wait (monotonic)
    members: dict[int, Member] = field(default_factory=dict)
    roles: dict[int, set[str]] = field(default_factory=dict)
    lists: dict[str, dict[str, MaskEntry]] = field(default_factory=lambda: {letter: {} for letter in LISTS})
    recent: deque[Event] | None = None
    metadata: Metadata = field(default_factory=dict)
    renamed: float | None = None  # monotonic seconds of the last time
    _audience: Audience | None = None
    _names_cache: NamesCache[Member] = field(default_factory=NamesCache)

    @property
    def audience(self) -> Audience:
        """Every client of every member, made anew only when that changed otherwise than by growing."""
        if self._audience is None:
            self._audience = Audience(self._clients(self.members.values()))
        return self._audience

    def forget_audience(self) -> None:
        """Let the audience be made anew: a member has other connections, or negotiated other capabilities."""
        self._audience = None

    def forget_names(self) -> None:
        """Let the names be written anew: a member has another nick, host or role."""
        self._names_cache = NamesCache()

    def add(self, user: User, roles: set[str]) -> None:
        """Let somebody in with these roles; for whoever is in already, only the roles change."""
        if user.session in self.members:
            self.forget_names()
        elif self._audience is not None:
            self._audience = self._audience.joined_by(user.clients)
        self.members[user.session] = Member(user, roles)

    def remove(self, user: User) -> None:
        """Let somebody be gone, if they are here."""
        if self.members.pop(user.session, None) is not None:
            self.forget_audience()
            self.forget_names()

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
        return any(not rule.is_mute for rule in self._rules_for(letter, user))

    def _rules_for(self, letter: str, user: User) -> Iterator[ListMask]:
        """Yield what describes the user on a list."""
        entries = self.lists[letter]
        if not entries:
            return
        source, account = caseless(user.source), fold(user.account.name) if user.account else None
        for entry in entries.values():
            if entry.rule.matches(source, account):
                yield entry.rule

    def is_banned(self, user: User) -> bool:
        """Whether a ban matches the user and no exception does."""
        return self.is_listed("b", user) and not self.is_listed("e", user)

    @property
    def hides_history(self) -> bool:
        """Whether nobody reads what was said before they came."""
        return HIDDEN_HISTORY in self.modes

    def is_silenced(self, user: User) -> bool:
        """Whether a ban, or one that only takes the voice, matches the user and no exception of its kind does."""
        if not self.lists["b"]:  # as in most rooms, whenever somebody speaks
            return False
        bans = {rule.is_mute for rule in self._rules_for("b", user)}
        if not bans or self.is_listed("e", user):
            return False
        return False in bans or not any(rule.is_mute for rule in self._rules_for("e", user))

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
            return pack_words((member.name_for(client) for member in self.members_shown_to(viewer)), most)
        way = client.caps & NAMED
        return self._names_cache.texts(
            self.members.values(), way, lambda member: member.name_for(client), most
        )

    def may_speak(self, user: User) -> bool:
        """Whether a message of the user would be accepted; exactly the rules of +n, +m and +b."""
        member = self.members.get(user.session)
        if member is None and "n" in self.modes:
            return False
        if member is not None and member.roles:
            return True
        return "m" not in self.modes and not self.is_silenced(user)

    def has_role(self, user: User) -> bool:
        """Whether the user has any role here."""
        member = self.members.get(user.session)
        return member is not None and bool(member.roles)

    def slow_down(self, pause: int | None) -> None:
        """Let people wait so many seconds between two messages, or not any more; nobody waits already."""
        self.pause = pause
        self.speakers.clear()

    def note_speaker(self, user: User, now: float) -> None:
        """Let somebody wait who has spoken; those who need not any more are forgotten."""
        if len(self.speakers) >= SPEAKERS_THRESHOLD:
            self.speakers = {party: until for party, until in self.speakers.items() if until > now}
        self.speakers[user.party] = now + (self.pause or 0)

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
        values = {"W": self.pause, "k": self.password if show_key else self.password and "*", "l": self.limit}
        values = {letter: value for letter, value in values.items() if value}
        letters = sorted(self.modes | values.keys())
        return ["+" + "".join(letters), *(str(values[letter]) for letter in letters if letter in values)]
