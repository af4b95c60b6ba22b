"""Finds rooms, people and commands by parts of their names."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum

from app.client.screen.widgets.choice_list import Choice
from app.client.workspace.buffer import STATUS, Buffer
from app.text.counts import count_of
from app.text.sanitise import clean
from app.wire.names import fold
from app.wire.numbers import parse_number

MAX_CHOICES = 100
SERVER = "server"  # the label of the buffer without a name


class TargetKind(Enum):
    """The kinds of choices; a query that begins with the value of a kind finds only that kind."""

    ROOM = "#"
    PERSON = "@"
    COMMAND = "/"
    ACTION = ">"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the switcher goes to; `is_new` if the room is to be joined first."""

    kind: TargetKind
    name: str
    is_new: bool = False


class MatchQuality(IntEnum):
    """How well a query matches a choice, best first."""

    NAME = 0
    BEGINNING = 1
    CURRENT = 2  # the current place, which begins with it
    WORDS = 3  # it contains every word of the query
    LETTERS = 4  # a room or a person contains the letters in their order
    NONE = 5


PLACES = (TargetKind.ROOM, TargetKind.PERSON)


def list_buffers(buffers: Iterable[Buffer], current: Buffer) -> Iterator[Choice[Target]]:
    """Return the buffers, the latest active ones first and the current one last."""
    for buffer in sorted(buffers, key=lambda one: (one is current, one.name == STATUS, -one.active_at)):
        kind = TargetKind.PERSON if buffer.timeline.is_direct else TargetKind.ROOM
        hint = "shown now" if buffer is current else _describe_unread(buffer)
        yield Choice(Target(kind, buffer.name), clean(buffer.name) or SERVER, hint)


def _describe_unread(buffer: Buffer) -> str:
    if not buffer.unread:
        return ""
    return f"{buffer.unread} unread, mentions you" if buffer.mentions else f"{buffer.unread} unread"


def list_people(nicks: Iterable[str]) -> Iterator[Choice[Target]]:
    """Return the people with whom a conversation can be opened."""
    for nick in sorted(nicks, key=str.casefold):
        yield Choice(Target(TargetKind.PERSON, nick), clean(nick), "send a private message")


def list_joinable(rooms: Iterable[tuple[str, ...]]) -> Iterator[Choice[Target]]:
    """Return the rooms of the server, each with its name, number of members and topic."""
    for name, members, topic in rooms:
        size = count_of(parse_number(members) or 0, "member")
        hint = " · ".join(filter(None, [f"join: {size}", clean(topic)]))
        yield Choice(Target(TargetKind.ROOM, name, is_new=True), clean(name), hint)


class Switcher:
    """Ranks choices by how well their names match; equally good ones keep their order.

    Rooms and people precede commands and actions; `current`, the one that is shown, is the last of
    them.
    """

    def __init__(
        self,
        choices: Iterable[Choice[Target]],
        has_room: Callable[[str], bool],
        current: Target | None = None,
    ) -> None:
        unique = {(one.value.kind, fold(one.value.name)): one for one in reversed(list(choices))}
        self._choices = list(reversed(unique.values()))
        self._has_room = has_room
        self._current = current

    def find(self, query: str) -> Sequence[Choice[Target]]:
        """Return the best choices; without a query, the rooms and conversations."""
        if not query:
            places = [one for one in self._choices if one.value.kind in PLACES]
            return sorted(places, key=lambda one: one.value == self._current)[:MAX_CHOICES]
        ranked = [(self._rank(query, one), one) for one in self._choices]
        ranked = [(rank, one) for rank, one in ranked if rank[0] is not MatchQuality.NONE]
        found = [one for _, one in sorted(ranked, key=lambda pair: pair[0])][:MAX_CHOICES]
        is_found = any(one.value.is_new and fold(one.value.name) == fold(query) for one in found)
        return found if is_found else [*found, *self._offer_to_join(query)]

    def _rank(self, query: str, choice: Choice[Target]) -> tuple[MatchQuality, bool, bool]:
        """Return a sort key: the quality of the match, places first, the current one last."""
        kind, is_current = choice.value.kind, choice.value == self._current
        wanted = next((one for one in TargetKind if query.startswith(one.value)), kind)
        quality = match(query.removeprefix(kind.value), choice) if wanted is kind else MatchQuality.NONE
        if is_current and quality in (MatchQuality.NAME, MatchQuality.BEGINNING):
            quality = MatchQuality.CURRENT
        return quality, kind not in PLACES, is_current

    def _offer_to_join(self, query: str) -> Iterator[Choice[Target]]:
        name = query if query.startswith(TargetKind.ROOM.value) else f"{TargetKind.ROOM.value}{query}"
        is_name = len(name) > 1 and " " not in name and query[0] not in "@/>"
        if is_name and not self._has_room(name):
            yield Choice(Target(TargetKind.ROOM, name, is_new=True), clean(name), "join this room")


def match(text: str, choice: Choice[Target]) -> MatchQuality:
    """Return how well a text, without the sign of a kind, matches a choice."""
    is_place = choice.value.kind in PLACES
    shown = choice.value.name if is_place else choice.label
    query, name = fold(text), fold(shown).removeprefix(choice.value.kind.value)
    if is_place and query == name:
        return MatchQuality.NAME
    if is_place and name.startswith(query):
        return MatchQuality.BEGINNING
    if all(word in name for word in query.split()):
        return MatchQuality.WORDS
    letters = iter(name)
    has_letters = is_place and all(letter in letters for letter in query)
    return MatchQuality.LETTERS if has_letters else MatchQuality.NONE
