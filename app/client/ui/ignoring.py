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
from app.client.ui.name_list import NameList
from app.wire.masks import matches, normalise
from app.wire.names import fold

P = TypeVar("P", HistoryPage, SearchResult, UnreadMessages)


class IgnoreList(NameList):
    """The ignored users, each a nick, which also stands for an account, or a mask."""

    VERB, PARTICIPLE, KINDS = "ignore", "ignored", "users and masks"
    HINT = " Use /ignore to list the ignored users."

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
