"""Completion of messages and emoji, for `/reply`, `/react`, `/unreact`, `/redact` and `/edit`."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.client.emoji import complete
from app.client.protocol.channel_view import ChannelView, RecentMessage
from app.client.protocol.messaging.references import list_recent
from app.text.columns import shorten
from app.text.sanitise import clean
from app.wire.names import fold

MAX_MENU_COLUMNS = 50
MESSAGE_POSITION = {
    "/reply": 1,
    "/redact": 1,
    "/edit": 1,
    "/react": 2,
    "/unreact": 2,
}  # of the word after the command
EMOJI = {
    "👍": "thumbs up +1",
    "👎": "thumbs down -1",
    "❤️": "heart love",
    "😂": "joy laugh",
    "🎉": "party tada",
    "😮": "surprised wow",
    "😢": "sad cry",
    "🙏": "thanks please",
    "👀": "eyes looking",
    "✅": "check done yes",
    "❌": "cross no",
    "🚀": "rocket ship",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A completion: the text to insert and the text to show in the list."""

    text: str
    display: str


def find_reference_candidates(text: str, recent: tuple[RecentMessage, ...]) -> Iterator[Candidate]:
    """Return the completions if the last word of a command refers to a message or is a reaction."""
    command, *words = text.split(" ")
    position = MESSAGE_POSITION.get(command.lower())
    if position == len(words):
        yield from _find_messages(words[-1], recent, own_first=command in ("/redact", "/edit"))
    elif position == 2 and len(words) == 1:
        yield from _find_emoji(words[-1])


def refers_to_message(text: str) -> bool:
    """Return whether the last word of a text is completed here."""
    command, *words = text.split(" ")
    return bool(words) and len(words) <= MESSAGE_POSITION.get(command.lower(), 0)


def _find_messages(typed: str, recent: tuple[RecentMessage, ...], own_first: bool) -> Iterator[Candidate]:
    """Return the messages whose number, nick or text contains what was typed, latest first."""
    ordered = sorted(recent, key=lambda entry: not entry.message.is_mine) if own_first else recent
    for entry in ordered:
        line = f"{entry.number} {entry.message.author}: {entry.message.text}"
        if fold(typed) in fold(line):
            yield Candidate(f"{entry.number} ", shorten(clean(line), MAX_MENU_COLUMNS))


def _find_emoji(typed: str) -> Iterator[Candidate]:
    """Return the usual reactions that a text names; after a colon, or without any, all emoji."""
    name = typed.removeprefix(":")
    usual = [emoji for emoji, names in EMOJI.items() if typed == emoji or _has_word(names, name)]
    yield from (Candidate(f"{emoji} ", f"{emoji} {EMOJI[emoji]}") for emoji in usual)
    if typed.startswith(":") or not usual:
        yield from (found for found in find_emoji_names(f":{name}") if found.text.rstrip() not in usual)


def _has_word(names: str, start: str) -> bool:
    return any(name.startswith(start.lower()) for name in names.split())


def find_emoji_names(typed: str) -> Iterator[Candidate]:
    """Return the emoji whose names match a word such as `:tea`."""
    if typed.startswith(":"):
        names = complete(typed[1:])
        yield from (Candidate(f"{character} ", f"{character} :{name}:") for name, character in names)


def recent_messages(room: ChannelView | None) -> tuple[RecentMessage, ...]:
    """Return the messages of a room that can be completed, latest first."""
    return tuple(list_recent(room)) if room else ()
