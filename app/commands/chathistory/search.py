"""History search: SEARCH.

See https://codeberg.org/emersion/soju/src/branch/master/doc/ext/search.md.
"""

from collections.abc import Callable
from dataclasses import replace
from threading import BoundedSemaphore
from typing import TypeVar

from sqlalchemy.orm import Session

from app.clock import from_iso
from app.commands.chathistory.playback import (
    find_joined_room,
    is_visible,
    make_request,
    read_later,
    rooms_with_open_history,
    send_mixed,
)
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command
from app.engine.submission_unit import SlowWork
from app.errors import SearchTookTooLong
from app.events import Event
from app.services.history.search import SearchQuery, SearchScope
from app.services.history.search import search as search_messages
from app.services.history.visibility import find_first_visible
from app.wire.line import parse_tags, plain
from app.wire.names import is_room
from app.wire.numbers import parse_number

C = TypeVar("C", bound=Context)
COST = 5  # a search may read tens of thousands of messages
DEFAULT_LIMIT = 100  # messages
MAX_WORDS = 16  # each word filters the matches of the previous words
SEARCH_SLOTS = BoundedSemaphore(2)  # concurrent searches; separate from PAGE_READS, which are short
ATTRIBUTES = {"in", "from", "after", "before", "text", "limit"}


@command(cost=COST)
def search(ctx: Context, attributes: str) -> SlowWork:
    """Search the messages that you may read, by attributes separated by semicolons.

    For example: `text=green\\stea;from=anna;in=#tea;after=2026-11-22T12:00:05.123Z;limit=9`.

    A message matches if it contains all words of the text, in any order; text in quotation marks
    must match as a whole. Case, width and composition do not matter: `STRASSE` finds `Straße`. `in`
    is a room or a nick, `from` a sender, `after` and `before` are times, and `limit` is the number
    of messages. All attributes are optional. `\\s` is a space.
    """
    values = _parse_attributes(attributes)
    query = SearchQuery(
        text=values.get("text", ""),
        sender=values.get("from") or None,
        since=_parse_timestamp(values, "after"),
        until=_parse_timestamp(values, "before"),
        newest="after" not in values,
    )
    limit = _parse_limit(values, ctx.runtime.settings.history_limit)
    failure = _failed("INTERNAL_ERROR", text="The search failed; try again later")
    return start_search(ctx, values.get("in", ""), query, limit, failure, _send_results)


def start_search(
    ctx: C,
    target: str,
    query: SearchQuery,
    limit: int,
    failure: FailReply,
    send: Callable[[C, list[Event]], None],
) -> SlowWork:
    """Return slow work that searches a target, or everything the caller may read if it is empty.

    `send` receives the messages that the caller may still see when the search has finished.

    Raises: FailReply when the caller is not in the room, or there are too many words.
    """
    _check_word_count(query)
    scope = _scope(ctx, target)
    open_rooms = rooms_with_open_history(ctx)

    def work(session: Session) -> list[Event]:
        last = ctx.find_end_of_history()
        try:
            found = search_messages(session, scope(session), query, limit)
            return [event for event in found if event.id <= last]  # the others come live
        except SearchTookTooLong as error:
            raise _failed("INTERNAL_ERROR", text=error.sentence) from error

    def then(resumed: C, events: list[Event]) -> None:
        send(resumed, [event for event in events if is_visible(resumed, event, open_rooms)])

    return read_later(ctx, failure, work, then, SEARCH_SLOTS)


def _scope(ctx: Context, target: str) -> Callable[[Session], SearchScope]:
    """Return a function that computes the scope of the search in a database session."""
    me = ctx.me
    if not target:
        return _limit_to_visible(SearchScope(tuple(me.rooms), party=me.party), me.parties)
    if is_room(target):
        room = find_joined_room(ctx, target)
        if room is None:
            raise _failed("INVALID_PARAMS", "in", text=f"You are not in {plain(target)}")
        return _limit_to_visible(SearchScope((room.id,)), me.parties)
    request = make_request(ctx, "SEARCH", target, 0, None)
    return lambda session: SearchScope(conversations=request.find_source(session).conversations)


def _limit_to_visible(scope: SearchScope, parties: tuple[str, ...]) -> Callable[[Session], SearchScope]:
    """Return a function that restricts the scope to history that rooms do not hide (+H)."""

    def limited(session: Session) -> SearchScope:
        return replace(scope, visible=find_first_visible(session.connection(), scope.rooms or (), parties))

    return limited


def _send_results(ctx: Context, events: list[Event]) -> None:
    send_mixed(ctx, events, "soju.im/search")


# Parsing


def _check_word_count(query: SearchQuery) -> None:
    if len(query.words()) > MAX_WORDS:
        text = f"A search can have at most {MAX_WORDS} words or quoted phrases"
        raise _failed("INVALID_PARAMS", "text", text=text)


def _parse_attributes(attributes: str) -> dict[str, str]:
    """Parse the attributes, which have the syntax of message tags.

    Raises: FailReply when an attribute is unknown.
    """
    values = parse_tags(attributes)
    for name in values.keys() - ATTRIBUTES:
        raise _failed("INVALID_PARAMS", name, text=f"Unknown attribute; use {', '.join(sorted(ATTRIBUTES))}")
    return values


def _parse_timestamp(values: dict[str, str], name: str) -> int | None:
    try:
        return from_iso(values[name]) if name in values else None
    except ValueError as error:
        raise _failed(
            "INVALID_PARAMS", name, text="The time must have the form 2026-11-22T12:00:05.123Z"
        ) from error


def _parse_limit(values: dict[str, str], maximum: int) -> int:
    limit = parse_number(values["limit"]) if "limit" in values else DEFAULT_LIMIT
    if limit is None:
        raise _failed("INVALID_PARAMS", "limit", text="The limit must be a number")
    return min(limit, maximum)


def _failed(code: str, *context: str, text: str) -> FailReply:
    """Return a FAIL reply to SEARCH."""
    return FailReply("SEARCH", code, *context, text=text)
