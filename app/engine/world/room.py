"""Rooms: members, modes, lists and permissions."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.engine.delivery.audience import Audience
from app.engine.delivery.client import Client
from app.engine.world.list_index import ListIndex
from app.engine.world.names_cache import NamesCache
from app.engine.world.user import Metadata, User
from app.services.retention.policies import DEFAULT_POLICY, RoomPolicy
from app.wire.extbans import ListMask
from app.wire.modes import HIDDEN_HISTORY, LISTS, PREFIXES, ROLES, WORD_FILTER
from app.wire.names import Key
from app.wire.packing import pack_words
from app.wire.word_filter import WordFilter

SPEAKERS_THRESHOLD = 1_000  # entries above which expired delays are removed
NAMES_CAPABILITIES = frozenset({"multi-prefix", "userhost-in-names"})
_SYMBOLS = dict(zip(ROLES, PREFIXES, strict=True))


@dataclass(slots=True, eq=False)
class Member:
    """A user in a room, with their roles."""

    user: User
    roles: set[str] = field(default_factory=set)

    @property
    def prefix(self) -> str:
        """All prefix symbols, the highest first: `@+`."""
        if not self.roles:
            return ""
        return "".join(symbol for role, symbol in _SYMBOLS.items() if role in self.roles)

    def prefix_for(self, client: Client) -> str:
        """Return the symbols for a client: all with multi-prefix, otherwise the highest."""
        return self.prefix if "multi-prefix" in client.caps else self.prefix[:1]

    def name_for(self, client: Client) -> str:
        """Return the NAMES entry for a client; depends on `NAMES_CAPABILITIES` only."""
        return self.prefix_for(client) + (
            self.user.source if "userhost-in-names" in client.caps else self.user.nick
        )

    @property
    def is_operator(self) -> bool:
        """Whether the member is a channel operator."""
        return "o" in self.roles


@dataclass(frozen=True, slots=True)
class MaskEntry:
    """A mask or word on a room's list, with its author and time."""

    mask: str
    by: str
    at: int


@dataclass(slots=True, eq=False)
class Room:
    """A channel and its members.

    `roles` holds the persistent roles of accounts.
    """

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
    slow_mode_seconds: int | None = None  # minimum time between messages of one user
    may_speak_at: dict[str, float] = field(default_factory=dict)  # monotonic seconds by `User.party`
    members: dict[int, Member] = field(default_factory=dict)
    roles: dict[int, set[str]] = field(default_factory=dict)
    lists: dict[str, dict[str, MaskEntry]] = field(default_factory=lambda: {letter: {} for letter in LISTS})
    metadata: Metadata = field(default_factory=dict)
    retention: RoomPolicy = DEFAULT_POLICY
    renamed: float | None = None  # monotonic seconds of the last rename
    _audience: Audience | None = None
    _list_indexes: dict[str, ListIndex] = field(default_factory=dict)  # by mode letter
    _names_cache: NamesCache[Member] = field(default_factory=NamesCache)
    _word_filter: WordFilter | None = None

    @property
    def audience(self) -> Audience:
        """All clients of all members; cached, and extended when members join."""
        if self._audience is None:
            self._audience = Audience(self._clients(self.members.values()))
        return self._audience

    def invalidate_audience(self) -> None:
        """Invalidate the audience: a member's connections or their capabilities have changed."""
        self._audience = None

    def invalidate_names(self) -> None:
        """Invalidate the names: a member's nick, host or roles have changed."""
        self._names_cache = NamesCache()

    def add(self, user: User, roles: set[str]) -> None:
        """Add a user with roles; for an existing member, replace the roles."""
        if user.session in self.members:
            self.invalidate_names()
        elif self._audience is not None:
            self._audience = self._audience.joined_by(user.clients)
        self.members[user.session] = Member(user, roles)

    def remove(self, user: User) -> None:
        """Remove a user, if they are a member."""
        if self.members.pop(user.session, None) is not None:
            if not self.members:
                self._word_filter = None
                self._list_indexes.clear()
            if user.clients:
                self.invalidate_audience()
            self.invalidate_names()

    @property
    def is_attended(self) -> bool:
        """Whether any member has a device, on any node."""
        return any(member.user.nodes for member in self.members.values())

    def operators(self) -> Audience:
        """Return the clients of the channel operators."""
        return Audience(self._clients(member for member in self.members.values() if member.is_operator))

    @staticmethod
    def _clients(members: Iterable[Member]) -> Iterator[Client]:
        return (client for member in members for client in member.user.clients)

    def member(self, user: User) -> Member | None:
        """Return the user's membership, or None."""
        return self.members.get(user.session)

    def is_operator(self, user: User) -> bool:
        """Whether the user is a channel operator."""
        member = self.members.get(user.session)
        return member is not None and member.is_operator

    def add_list_entry(self, letter: str, entry: MaskEntry) -> None:
        """Add an entry to a list, or replace it."""
        self.lists[letter][entry.mask] = entry
        self._word_filter = None
        if letter in self._list_indexes:
            self._list_indexes[letter].add(entry.mask)

    def remove_list_entry(self, letter: str, mask: str) -> None:
        """Remove an entry from a list, if it is there."""
        self.lists[letter].pop(mask, None)
        self._word_filter = None
        if letter in self._list_indexes:
            self._list_indexes[letter].discard(mask)

    def forbids(self, text: str) -> bool:
        """Whether the text contains a forbidden word; the words are compiled on first use."""
        if not self.lists[WORD_FILTER]:
            return False
        if self._word_filter is None:
            self._word_filter = WordFilter(self.lists[WORD_FILTER])
        return self._word_filter.matches(text)

    def is_listed(self, letter: str, user: User) -> bool:
        """Whether a mask on the list matches the user."""
        return any(not rule.is_mute for rule in self._rules_for(letter, user))

    def _rules_for(self, letter: str, user: User) -> Iterator[ListMask]:
        """Yield the rules of a list that match the user; the list is indexed on first use."""
        entries = self.lists[letter]
        if not entries:
            return
        if letter not in self._list_indexes:
            self._list_indexes[letter] = ListIndex(entries)
        account = user.account.name if user.account else None
        yield from self._list_indexes[letter].find(user.source, account)

    def is_banned(self, user: User) -> bool:
        """Whether a ban matches the user and no exception does."""
        return self.is_listed("b", user) and not self.is_listed("e", user)

    @property
    def hides_history(self) -> bool:
        """Whether members cannot read messages from before they joined."""
        return HIDDEN_HISTORY in self.modes

    def is_silenced(self, user: User) -> bool:
        """Whether a ban or mute matches the user, and no corresponding exception does."""
        if not self.lists["b"]:  # the fast path: most rooms have no bans
            return False
        bans = {rule.is_mute for rule in self._rules_for("b", user)}
        if not bans or self.is_listed("e", user):
            return False
        return False in bans or not any(rule.is_mute for rule in self._rules_for("e", user))

    def is_visible_to(self, user: User) -> bool:
        """Whether the room is not secret, or the user is a member or administrator."""
        return "s" not in self.modes or user.session in self.members or user.is_admin

    def members_shown_to(self, viewer: User) -> Iterator[Member]:
        """Yield the members the viewer may see: all for a member, otherwise those without +i."""
        is_member = viewer.session in self.members
        return (m for m in self.members.values() if is_member or m.user.is_visible_to(viewer))

    def names_for(self, client: Client, viewer: User, max_bytes: int) -> list[str]:
        """Return the names of visible members, packed into strings of at most `max_bytes`."""
        if viewer.session not in self.members:
            return pack_words(
                (member.name_for(client) for member in self.members_shown_to(viewer)), max_bytes
            )
        variant = client.caps & NAMES_CAPABILITIES
        return self._names_cache.texts(
            self.members.values(), variant, lambda member: member.name_for(client), max_bytes
        )

    def may_speak(self, user: User) -> bool:
        """Whether the modes and bans of the room (+n, +m, +b) allow the user to send messages."""
        member = self.members.get(user.session)
        if member is None and "n" in self.modes:
            return False
        if member is not None and member.roles:
            return True
        return "m" not in self.modes and not self.is_silenced(user)

    def has_role(self, user: User) -> bool:
        """Whether the user has any role in the room."""
        member = self.members.get(user.session)
        return member is not None and bool(member.roles)

    def set_slow_mode(self, seconds: int | None) -> None:
        """Set the slow mode delay (None disables it), and cancel the delays in progress."""
        self.slow_mode_seconds = seconds
        self.may_speak_at.clear()

    def start_slow_mode_delay(self, user: User, now: float) -> None:
        """Start the slow mode delay of a user, and remove expired delays if there are many."""
        if len(self.may_speak_at) >= SPEAKERS_THRESHOLD:
            self.may_speak_at = {party: until for party, until in self.may_speak_at.items() if until > now}
        self.may_speak_at[user.party] = now + (self.slow_mode_seconds or 0)

    def persistent_roles(self, user: User) -> set[str]:
        """Return the account's roles; administrators also have `o` in official rooms."""
        persistent = set(self.roles.get(user.account.id, ())) if user.account else set()
        return persistent | {"o"} if self.official and user.is_admin else persistent

    @property
    def is_orphaned(self) -> bool:
        """Whether the room has neither members nor operator accounts; the next to join gets `o`."""
        return not self.members and not self.official and not any("o" in r for r in self.roles.values())

    def mode_words(self, show_key: bool) -> list[str]:
        """Return the MODE parameters, `+klnt` and arguments; unless `show_key`, the key is `*`."""
        values = {
            "W": self.slow_mode_seconds,
            "k": self.password if show_key else self.password and "*",
            "l": self.limit,
        }
        values = {letter: value for letter, value in values.items() if value}
        letters = sorted(self.modes | values.keys())
        return ["+" + "".join(letters), *(str(values[letter]) for letter in letters if letter in values)]
