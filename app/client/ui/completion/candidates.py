"""Tab completion for commands, rooms, nicks and emoji."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app.client.protocol.channel_view import ChannelView, RecentMessage
from app.client.protocol.history.search import FILTERS
from app.client.protocol.model import ClientState
from app.client.ui.command_registry import SlashCommands
from app.client.ui.completion.message_completion import (
    Candidate,
    find_emoji_names,
    find_reference_candidates,
    recent_messages,
    refers_to_message,
)
from app.wire.names import fold

MIN_ALIAS_LETTERS = 3  # of an alias that is completed
TIMES = ("today", "yesterday", "2h", "7d", "monday")  # some of those that a search understands


@dataclass(frozen=True, slots=True)
class Words:
    """The words that can currently be completed."""

    commands: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    nicks: tuple[str, ...] = ()
    recent: tuple[RecentMessage, ...] = ()


def completion_words(state: ClientState, room: str, commands: SlashCommands) -> Words:
    """Return the available commands, the joined rooms, and the nicks in a room or conversation.

    Nicks that have spoken come first, the latest ones before the others.
    """
    current = state.find_room(room)
    members = [member.nick for member in current.members.values()] if current else []
    peers = [view.name for view in state.rooms.values() if view.is_direct]
    nicks = sorted(dict.fromkeys([*members, *peers]), key=str.casefold)
    return Words(
        tuple(sorted(_command_names(state, commands))),
        tuple(sorted(view.name for view in state.joined_rooms())),
        tuple(_speakers_first(nicks, current)),
        recent_messages(current),
    )


def _command_names(state: ClientState, commands: SlashCommands) -> Iterator[str]:
    """Return the names of the available commands, and those of their aliases that are words."""
    for command in commands:
        if command.is_available(state):
            yield f"/{command.name}"
            yield from (f"/{alias}" for alias in command.aliases if len(alias) >= MIN_ALIAS_LETTERS)


def _speakers_first(nicks: list[str], room: ChannelView | None) -> list[str]:
    latest = reversed(room.recent.values()) if room else ()
    speakers = list(dict.fromkeys(fold(entry.message.author) for entry in latest))
    ranks = {key: rank for rank, key in enumerate(speakers)}
    return sorted(nicks, key=lambda nick: ranks.get(fold(nick), len(ranks)))


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
    places = (*words.rooms, *words.nicks)
    values = {"from": words.nicks, "in": places, "after": TIMES, "before": TIMES}.get(name, ())
    yield from (f"{name}:{value}" for value in _with_prefix(start, values, " ") if colon)


def _with_prefix(prefix: str, words: Iterable[str], ending: str) -> Iterator[str]:
    folded = fold(prefix)
    yield from (word + ending for word in words if fold(word).startswith(folded))


def find_all(text: str, words: Words) -> Iterator[Candidate]:
    """Return the completions of the last word of a text, with what the list shows for each."""
    if refers_to_message(text):
        yield from find_reference_candidates(text, words.recent)
    else:
        yield from (Candidate(word, word.rstrip(" :")) for word in find_candidates(text, words))
        yield from find_emoji_names(text.rpartition(" ")[2])
