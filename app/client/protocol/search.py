"""Searching on the server what was said (the capability soju.im/search).

A search is answered by one batch, or refused by one FAIL, in the order of asking.
"""

import re
from datetime import datetime

from app.client.protocol.dispatch import param, send
from app.client.protocol.effects import Effects
from app.client.protocol.events import Found, Notice
from app.client.protocol.history import page_limit
from app.client.protocol.messages import to_message
from app.client.protocol.model import ClientState, OpenBatch, PendingSearch
from app.client.protocol.times import read_first
from app.clock import from_datetime, to_iso
from app.wire.line import Line, format_tags

CAPABILITY = "soju.im/search"
NAMES = ("from", "in", "after", "before")
_WORD = re.compile(rf'(?:({"|".join(NAMES)}): *)?("[^"]+"|\S+)', re.IGNORECASE)


def read_search(typed: str, now: datetime) -> PendingSearch:
    """Read words to be found, and `from:`, `in:`, `after:` and `before:` among them, in any order.

    Raises: UsageError when a time cannot be understood.
    """
    words = [(name.lower(), word) for name, word in _WORD.findall(typed)]
    attributes: dict[str, str] = {}
    text = []
    while words:
        name, word = words.pop(0)
        if name in ("after", "before"):
            attributes[name] = _instant(word, words, now)
        elif name:
            attributes[name] = word.strip('"')
        else:
            text.append(word)
    return PendingSearch(typed, attributes | ({"text": " ".join(text)} if text else {}))


def _instant(word: str, following: list[tuple[str, str]], now: datetime) -> str:
    """Read a time, and take those of the following words that belong to it."""
    bare = [after for name, after in following if not name] if not word.startswith('"') else []
    moment, count = read_first([word.strip('"'), *bare], now)
    del following[: count - 1]
    return to_iso(from_datetime(moment))


def ask(state: ClientState, search: PendingSearch) -> Effects:
    """Send a search and remember it until it is answered."""
    state.connection.searches.append(search)
    attributes = search.attributes | {"limit": str(page_limit(state))}
    yield send("SEARCH", format_tags(attributes))


def answer(state: ClientState, batch: OpenBatch) -> Effects:
    """The answer to the oldest search came."""
    if not state.connection.searches:
        return
    search = state.connection.searches.popleft()
    lines = [line for line in batch.lines if line.command in ("PRIVMSG", "NOTICE")]
    messages = [message for line in lines if (message := to_message(state, line))]
    yield Found(search.typed, tuple(messages), is_cut=len(lines) >= page_limit(state))


def refused(state: ClientState, line: Line) -> Effects:
    """The server refuses the oldest search."""
    if state.connection.searches:
        state.connection.searches.popleft()
    yield Notice(f"The search was refused: {param(line, -1)}", is_error=True)
