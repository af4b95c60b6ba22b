"""Finds rooms, people and commands by parts of their names."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from textual.fuzzy import FuzzySearch

from app.client.screen.widgets.choice_list import Choice
from app.client.timeline.buffer import STATUS, Buffer
from app.text.sanitise import clean
from app.wire.names import fold

MAX_CHOICES = 100
SERVER = "server"  # what the buffer without a name is called


class TargetKind(Enum):
    """What a choice of the switcher is; a query that begins with the value finds nothing else."""

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


WEIGHTS = {
    TargetKind.ROOM: 1.3,
    TargetKind.PERSON: 1.1,
    TargetKind.COMMAND: 1.0,
    TargetKind.ACTION: 0.9,
}


def list_buffers(buffers: Iterable[Buffer], current: Buffer) -> Iterator[Choice[Target]]:
    """Return the buffers besides the current one, the latest active ones first."""
    others = (one for one in buffers if one is not current)
    for buffer in sorted(others, key=lambda one: (one.name == STATUS, -one.active_at)):
        kind = TargetKind.PERSON if buffer.timeline.is_direct else TargetKind.ROOM
        yield Choice(Target(kind, buffer.name), clean(buffer.name) or SERVER, _describe_unread(buffer))


def _describe_unread(buffer: Buffer) -> str:
    if not buffer.unread:
        return ""
    return f"{buffer.unread} unread, mentions you" if buffer.mentions else f"{buffer.unread} unread"


def list_people(nicks: Iterable[str]) -> Iterator[Choice[Target]]:
    """Return the people with whom a conversation can be opened."""
    for nick in sorted(nicks, key=str.casefold):
        yield Choice(Target(TargetKind.PERSON, nick), clean(nick), "send a private message")


class Switcher:
    """Ranks choices by how well their names match; equally good ones keep their order."""

    def __init__(self, choices: Iterable[Choice[Target]], has_room: Callable[[str], bool]) -> None:
        unique = {(one.value.kind, fold(one.value.name)): one for one in reversed(list(choices))}
        self._choices = list(reversed(unique.values()))
        self._has_room = has_room
        self._fuzzy = FuzzySearch()

    def find(self, query: str) -> Sequence[Choice[Target]]:
        """Return the best choices; without a query, the rooms and conversations."""
        if not query:
            return [one for one in self._choices if one.value.kind in (TargetKind.ROOM, TargetKind.PERSON)][
                :MAX_CHOICES
            ]
        ranked = [(self._rank(query, one), one) for one in self._choices]
        found = [one for rank, one in sorted(ranked, key=lambda pair: -pair[0]) if rank > 0]
        return [*found[:MAX_CHOICES], *self._offer_to_join(query)]

    def _rank(self, query: str, choice: Choice[Target]) -> float:
        kind = choice.value.kind
        wanted = next((one for one in TargetKind if query.startswith(one.value)), None)
        if wanted not in (None, kind):
            return 0.0
        name = query.removeprefix(wanted.value) if wanted else query
        score, _ = self._fuzzy.match(name, choice.label) if name else (1.0, ())
        return score * WEIGHTS[kind]

    def _offer_to_join(self, query: str) -> Iterator[Choice[Target]]:
        name = query if query.startswith(TargetKind.ROOM.value) else f"{TargetKind.ROOM.value}{query}"
        is_name = len(name) > 1 and " " not in name and query[0] not in "@/>"
        if is_name and not self._has_room(name):
            yield Choice(Target(TargetKind.ROOM, name, is_new=True), clean(name), "join this room")
