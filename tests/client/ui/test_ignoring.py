"""Ignored users: what is hidden, and that the list is kept."""

from pathlib import Path

import pytest

from app.client.protocol.events import (
    Direction,
    HistoryFetched,
    HistoryPage,
    Invited,
    Joined,
    Message,
    Reaction,
    Typing,
    TypingState,
)
from app.client.storage.stored_list import IGNORED, StoredList
from app.client.ui.ignoring import IgnoreList
from app.errors import UsageError


def message(author: str, account: str = "", mask: str = "", is_mine: bool = False) -> Message:
    """Return a message in a room."""
    return Message("#tea", author, "hello", 0, account=account, mask=mask, is_mine=is_mine)


def ignoring(*entries: str) -> IgnoreList:
    """Return a list with these entries."""
    ignored = IgnoreList(StoredList(None, IGNORED, ""))
    for entry in entries:
        ignored.add(entry)
    return ignored


@pytest.mark.parametrize(
    ("entry", "hidden", "shown"),
    [
        ("walt", message("WALT"), message("walter")),
        ("walt", message("other", account="Walt"), message("other", account="bob")),
        ("*!*@evil.example", message("a", mask="a!~u@evil.example"), message("a", mask="a!~u@good.example")),
        ("w?lt!*@*", message("walt", mask="walt!~u@h"), message("wallt", mask="wallt!~u@h")),
        ("walt", Invited("#tea", "anna", "walt", 0), Joined("#tea", "walt", 0)),
        ("anna", message("anna"), message("anna", is_mine=True)),
        ("walt", Typing("#tea", "walt", TypingState.ACTIVE), Typing("#tea", "bob", TypingState.ACTIVE)),
    ],
)
def test_what_an_ignored_user_writes_is_hidden(entry: str, hidden: object, shown: object) -> None:
    assert ignoring(entry).filter(hidden) is None  # type: ignore[arg-type]
    assert ignoring(entry).filter(shown) is shown  # type: ignore[arg-type]


def test_pages_lose_the_messages_of_ignored_users() -> None:
    kept = message("bob")
    page = HistoryPage("#tea", (message("walt"), kept))
    assert ignoring("walt").filter(page) == HistoryPage("#tea", (kept,))


def test_fetched_history_loses_what_ignored_users_wrote() -> None:
    kept = (message("bob"), Joined("#tea", "walt", 0))
    reaction = Reaction("#tea", "walt", "lol", "m1", 0)
    page = HistoryFetched("#tea", (message("walt"), *kept, reaction), Direction.LATEST, "*", True)
    filtered = ignoring("walt").filter(page)
    assert isinstance(filtered, HistoryFetched)
    assert filtered.events == kept


def test_list_is_kept_and_entries_can_be_removed(tmp_path: Path) -> None:
    stored = StoredList(tmp_path, IGNORED, "anna@host:1")
    ignored = IgnoreList(stored)
    ignored.add("walt")
    ignored.add("*!*@evil")
    assert IgnoreList(stored).entries == ["walt", "*!*@evil"]
    with pytest.raises(UsageError, match="Walt is already ignored"):
        ignored.add("Walt")
    ignored.remove("WALT")
    assert IgnoreList(stored).entries == ["*!*@evil"]
    with pytest.raises(UsageError, match="walt is not ignored"):
        ignored.remove("walt")
