"""Tab completion for commands, rooms, nicks and emoji."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from app.client.protocol.channel_view import RecentMessage
from app.client.protocol.history.search import FILTERS
from app.client.protocol.model import ClientState
from app.client.ui.command_registry import SlashCommands
from app.client.ui.message_completion import (
    Candidate,
    find_emoji_names,
    find_reference_candidates,
    recent_messages,
    refers_to_message,
)
from app.wire.names import fold

MAX_CANDIDATES = 50


@dataclass(frozen=True, slots=True)
class Words:
    """The words that can currently be completed."""

    commands: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    nicks: tuple[str, ...] = ()
    recent: tuple[RecentMessage, ...] = ()


def completion_words(state: ClientState, room: str, commands: SlashCommands) -> Words:
    """Return the available commands, the joined rooms, and the nicks in a room or conversation."""
    current = state.find_room(room)
    members = [member.nick for member in current.members.values()] if current else []
    peers = [view.name for view in state.rooms.values() if view.is_direct]
    return Words(
        tuple(sorted(f"/{command.name}" for command in commands if command.is_available(state))),
        tuple(sorted(view.name for view in state.joined_rooms())),
        tuple(sorted(dict.fromkeys([*members, *peers]), key=str.casefold)),
        recent_messages(current),
    )


def find_candidates(text: str, words: Words) -> Iterator[str]:
    """Return the completions of the last word of a text."""
    typed = text.rpartition(" ")[2]
    if not typed:
        return
    if text.startswith("/") and text == typed:
        yield from _with_prefix(typed, words.commands, " ")
        return
    if text.startswith("/search "):
        yield from _search_candidates(typed, words)
    yield from _with_prefix(typed, words.rooms, " ")
    yield from _with_prefix(typed, words.nicks, ": " if text == typed else " ")


def _search_candidates(typed: str, words: Words) -> Iterator[str]:
    """Return the filters of /search, or the values of the filter being typed."""
    name, colon, start = typed.partition(":")
    if not colon:
        yield from _with_prefix(typed, [f"{filter_name}:" for filter_name in FILTERS], "")
    values = {"from": words.nicks, "in": (*words.rooms, *words.nicks)}.get(name, ())
    yield from (f"{name}:{value}" for value in _with_prefix(start, values, " ") if colon)


def _with_prefix(prefix: str, words: Iterable[str], ending: str) -> Iterator[str]:
    folded = fold(prefix)
    yield from (word + ending for word in words if fold(word).startswith(folded))


def _find_all(text: str, words: Words) -> Iterator[Candidate]:
    if refers_to_message(text):
        yield from find_reference_candidates(text, words.recent)
    else:
        yield from (Candidate(word, word.rstrip(" :")) for word in find_candidates(text, words))
        yield from find_emoji_names(text.rpartition(" ")[2])


class PromptCompleter(Completer):
    """Completes words for prompt_toolkit."""

    def __init__(self, words: Callable[[], Words], report: Callable[[Exception], None]) -> None:
        self._words = words
        self._report = report

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Return the completions of the text before the cursor; a defect is reported."""
        text = document.text_before_cursor
        length = len(text.rpartition(" ")[2])
        try:
            candidates = list(islice(_find_all(text, self._words()), MAX_CANDIDATES))
        except Exception as error:  # noqa: BLE001 - it would end the prompt
            self._report(error)
            return
        for candidate in candidates:
            yield Completion(candidate.text, start_position=-length, display=candidate.display)
