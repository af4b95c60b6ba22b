"""Searches messages on the server (capability soju.im/search).

The server replies to each search with one batch or one FAIL, in order.
"""

import re

from app.client.protocol.effects import Effects
from app.client.protocol.events import Notice, SearchFailed, SearchResult
from app.client.protocol.exchanges import OpenBatch, PendingSearch
from app.client.protocol.history.pages import page_limit
from app.client.protocol.lines import param, send
from app.client.protocol.messaging.messages import to_message
from app.client.protocol.model import ClientState
from app.clock import to_iso
from app.text.local_time import WallClock
from app.text.periods import parse_prefix
from app.wire.line import Line, format_tags

CAPABILITY = "soju.im/search"
FILTERS = ("from", "in", "after", "before")
_WORD = re.compile(rf'(?:({"|".join(FILTERS)}): *)?("[^"]+"|\S+)', re.IGNORECASE)


def parse_search(query: str, clock: WallClock) -> PendingSearch:
    """Parse a query of search words and the filters `from:`, `in:`, `after:` and `before:`.

    Raises: UsageError when a time cannot be parsed.
    """
    words = [(name.lower(), word) for name, word in _WORD.findall(query)]
    attributes: dict[str, str] = {}
    text = []
    while words:
        name, word = words.pop(0)
        if name in ("after", "before"):
            attributes[name] = _parse_time(word, words, clock)
        elif name:
            attributes[name] = word.strip('"')
        else:
            text.append(word)
    return PendingSearch(query, attributes | ({"text": " ".join(text)} if text else {}))


def _parse_time(word: str, following: list[tuple[str, str]], clock: WallClock) -> str:
    """Return the start of the time at `word`; remove its other words from `following`."""
    unfiltered = [text for name, text in following if not name] if not word.startswith('"') else []
    period, word_count = parse_prefix([word.strip('"'), *unfiltered], clock)
    del following[: word_count - 1]
    return to_iso(period.first)


def send_search(state: ClientState, search: PendingSearch) -> Effects:
    """Send a search and queue it until its reply arrives."""
    if reason := _explain_unavailable(state):
        yield SearchFailed(search.query, reason)
        return
    search = _with_room(state, search)
    state.connection.searches.append(search)
    attributes = search.attributes | {"limit": str(page_limit(state))}
    yield send("SEARCH", format_tags(attributes))


def _explain_unavailable(state: ClientState) -> str:
    if not state.is_online:
        return "there is no connection"
    return "" if state.has(CAPABILITY) else "this server does not support searching"


def _with_room(state: ClientState, search: PendingSearch) -> PendingSearch:
    """Return the search with the room that `in:tea` means, unless tea is also a conversation."""
    place = search.attributes.get("in", "")
    room = state.find_room(f"#{place}")
    if state.is_room(place) or state.find_room(place) or room is None or not room.is_joined:
        return search
    return PendingSearch(search.query, search.attributes | {"in": room.name})


def _explain_place(state: ClientState, search: PendingSearch) -> str:
    """Return where a search took place, if it may have been meant for a room."""
    place = search.attributes.get("in", "")
    if not place or state.is_room(place):
        return ""
    return f"Only the conversation with {place} was searched. For the room, write in:#{place}"


def on_search_batch(state: ClientState, batch: OpenBatch) -> Effects:
    """Show the matches of the oldest pending search."""
    if not state.connection.searches:
        return
    search = state.connection.searches.popleft()
    lines = [line for line in batch.lines if line.command in ("PRIVMSG", "NOTICE")]
    messages = [message for line in lines if (message := to_message(state, line))]
    yield SearchResult(search.query, tuple(messages), is_truncated=len(lines) >= page_limit(state))
    if not messages and (hint := _explain_place(state, search)):
        yield Notice(hint)


def on_search_fail(state: ClientState, line: Line) -> Effects:
    """Show why the server refused the oldest pending search."""
    if state.connection.searches:
        yield SearchFailed(state.connection.searches.popleft().query, param(line, -1))
    else:
        yield Notice(param(line, -1), is_error=True)


def on_connection_lost(state: ClientState) -> Effects:
    """Give up the searches that were not answered."""
    for search in state.connection.searches:
        yield SearchFailed(search.query, "the connection was lost")
