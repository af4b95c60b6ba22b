"""Completing what is being typed: commands, rooms, nicks."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from app.client.protocol.model import ClientState
from app.client.protocol.search import NAMES
from app.client.ui.command_registry import COMMANDS
from app.wire.names import fold

MAX_CANDIDATES = 50  # candidates offered at once


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that can be completed now."""

    commands: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    nicks: tuple[str, ...] = ()


def words_of(state: ClientState, room: str) -> Words:
    """Return what can be completed: the people of the room one is in come first."""
    here = state.find_room(room)
    near = [member.nick for member in here.members.values()] if here else []
    far = [known.name for known in state.rooms.values() if known.is_direct]
    return Words(
        tuple(sorted(f"/{one.name}" for one in COMMANDS.values() if one.is_offered(state))),
        tuple(sorted(known.name for known in state.joined_rooms())),
        tuple(sorted(dict.fromkeys([*near, *far]), key=str.casefold)),
    )


def candidates(text: str, words: Words) -> Iterator[str]:
    """Return what the last word of a text may become."""
    typed = text.rpartition(" ")[2]
    if not typed:
        return
    if text.startswith("/") and text == typed:
        yield from _matching(typed, words.commands, " ")
        return
    if text.startswith("/search "):
        yield from _for_search(typed, words)
    yield from _matching(typed, words.rooms, " ")
    yield from _matching(typed, words.nicks, ": " if text == typed else " ")


def _for_search(typed: str, words: Words) -> Iterator[str]:
    """Return the names of what can be searched by, or what may stand behind one of them."""
    name, colon, start = typed.partition(":")
    if not colon:
        yield from _matching(typed, [f"{known}:" for known in NAMES], "")
    known = {"from": words.nicks, "in": (*words.rooms, *words.nicks)}.get(name, ())
    yield from (f"{name}:{found}" for found in _matching(start, known, " ") if colon)


def _matching(typed: str, known: Iterable[str], ending: str) -> Iterator[str]:
    start = fold(typed)
    yield from (word + ending for word in known if fold(word).startswith(start))


class PromptCompleter(Completer):
    """Offers the candidates to prompt_toolkit."""

    def __init__(self, words: Callable[[], Words]) -> None:
        self._words = words

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Return the completions of what stands before the cursor."""
        text = document.text_before_cursor
        length = len(text.rpartition(" ")[2])
        for _, candidate in zip(range(MAX_CANDIDATES), candidates(text, self._words()), strict=False):
            yield Completion(candidate, start_position=-length, display=candidate.rstrip(" :"))
