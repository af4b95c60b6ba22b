"""Hides the messages of ignored users, also in history, search results and unread messages."""

from dataclasses import replace
from typing import TypeVar

from app.client.protocol.events import (
    ClientEvent,
    HistoryFetched,
    HistoryPage,
    Invited,
    Message,
    Reaction,
    SearchResult,
    Typing,
    UnreadMessages,
)
from app.client.storage.stored_list import MAX_ENTRIES, StoredList
from app.errors import UsageError
from app.wire.masks import matches, normalise
from app.wire.names import fold

P = TypeVar("P", HistoryPage, SearchResult, UnreadMessages)


class IgnoreList:
    """The ignored users, each a nick, which also stands for an account, or a mask."""

    def __init__(self, stored: StoredList) -> None:
        self._stored = stored
        self.entries = stored.load()

    def add(self, entry: str) -> None:
        """Ignore a nick or a mask from now on.

        Raises: UsageError when it is ignored already, or the list is full; OSError when it cannot
            be stored.
        """
        if self._find(entry):
            raise UsageError(f"{entry} is already ignored.")
        if len(self.entries) >= MAX_ENTRIES:
            raise UsageError(f"You can ignore at most {MAX_ENTRIES} users and masks.")
        self.entries.append(entry)
        self._stored.save(self.entries)

    def remove(self, entry: str) -> None:
        """Stop ignoring a nick or a mask.

        Raises: UsageError when it is not ignored; OSError when that cannot be stored.
        """
        found = self._find(entry)
        if not found:
            raise UsageError(f"{entry} is not ignored. Use /ignore to list the ignored users.")
        self.entries.remove(found)
        self._stored.save(self.entries)

    def _find(self, entry: str) -> str:
        return next((known for known in self.entries if fold(known) == fold(entry)), "")

    def filter(self, event: ClientEvent) -> ClientEvent | None:
        """Return an event without what ignored users wrote, or None if nothing remains of it."""
        match event:
            case Message():
                return None if self._hides(event) else event
            case Reaction(author=author) | Invited(by=author) | Typing(nick=author):
                return None if self._is_ignored(author, "", "") else event
            case HistoryPage():
                return self._without_ignored(event)
            case HistoryFetched():
                kept_events = tuple(one for one in event.events if self.filter(one) is not None)
                return replace(event, events=kept_events)
            case SearchResult():
                return self._without_ignored(event)
            case UnreadMessages():
                earlier = tuple(message for message in event.earlier if not self._hides(message))
                kept = self._without_ignored(replace(event, earlier=earlier))
                return kept if kept.messages or kept.earlier else None
        return event

    def _without_ignored(self, page: P) -> P:
        kept = tuple(message for message in page.messages if not self._hides(message))
        return replace(page, messages=kept) if len(kept) < len(page.messages) else page

    def _hides(self, message: Message) -> bool:
        return not message.is_mine and self._is_ignored(
            message.author, message.account, message.mask if "!" in message.mask else ""
        )

    def _is_ignored(self, nick: str, account: str, mask: str) -> bool:
        return any(_matches(entry, nick, account, mask or f"{nick}!*@*") for entry in self.entries)


def _matches(entry: str, nick: str, account: str, mask: str) -> bool:
    if any(character in entry for character in "!@*?"):
        return matches(normalise(entry), mask)
    return fold(entry) in (fold(nick), fold(account))
