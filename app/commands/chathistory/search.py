"""Searching what was said, wherever the caller may read: SEARCH (the capability soju.im/search)."""

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
from app.services.search import SearchQuery, SearchScope
from app.services.search import search as found_by
from app.services.visibility import find_first_visible
from app.wire.line import parse_tags, plain
from app.wire.names import is_room
from app.wire.numbers import parse_number

C = TypeVar("C", bound=Context)
COST = 5  # a search may read tens of thousands of messages
MAX_RESULTS = 100  # messages shown when no number is asked for
MAX_WORDS = 16  # each is looked for in every message that has those before it
SEARCH_SLOTS = BoundedSemaphore(2)  # done at a time; pages of history, which are short, do not wait for them
ATTRIBUTES = {"in", "from", "after", "before", "text", "limit"}


@command(cost=COST)
def search(ctx: Context, attributes: str) -> SlowWork:
    """Find what was said: `text=green\\stea;from=anna;in=#tea;after=2026-11-22T12:00:05.123Z;before=...;limit=9`.

    All words of the text must be there, in any case and any order; what stands between quotation marks, as it
    stands. A room or a nick (in), a sender, times and a number of messages may be left out.
    """
    wanted = _parse_attributes(attributes)
    question = SearchQuery(
        text=wanted.get("text", ""),
        sender=wanted.get("from") or None,
        since=_parse_timestamp(wanted, "after"),
        until=_parse_timestamp(wanted, "before"),
        newest="after" not in wanted,
    )
    limit = _parse_limit(wanted, ctx.runtime.settings.history_limit)
    failure = _failed("INTERNAL_ERROR", text="The search could not be run; try again in a moment")
    return start_search(ctx, wanted.get("in", ""), question, limit, failure, _send_results)


def start_search(
    ctx: C,
    target: str,
    question: SearchQuery,
    limit: int,
    failure: FailReply,
    show: Callable[[C, list[Event]], None],
) -> SlowWork:
    """Return the work that searches one place, or with an empty target all that the caller may read.

    What is found is handed on as far as the caller may still see it by then.
    Raises: Failed when it is a room that the caller is not in, or there are too many words.
    """
    _check_word_count(question)
    reach = _scope(ctx, target)
    shown = rooms_with_open_history(ctx)

    def work(session: Session) -> list[Event]:
        try:
            return found_by(session, reach(session), question, limit)
        except SearchTookTooLong as error:
            raise _failed("INTERNAL_ERROR", text=error.sentence) from error

    def then(again: C, found: list[Event]) -> None:
        show(again, [event for event in found if is_visible(again, event, shown)])

    return read_later(ctx, failure, work, then, SEARCH_SLOTS)


def _scope(ctx: Context, target: str) -> Callable[[Session], SearchScope]:
    """Return how to find out where to look."""
    me = ctx.me
    if not target:
        return _limit_to_visible(SearchScope(tuple(me.rooms), party=me.party), me.parties)
    if is_room(target):
        room = find_joined_room(ctx, target)
        if room is None:
            raise _failed("INVALID_PARAMS", "in", text=f"You are in no room {plain(target)}")
        return _limit_to_visible(SearchScope((room.id,)), me.parties)
    request = make_request(ctx, "SEARCH", target, 0, None)
    return lambda session: SearchScope(conversations=request.place(session).conversations)


def _limit_to_visible(reach: SearchScope, parties: tuple[str, ...]) -> Callable[[Session], SearchScope]:
    """Return how to leave out what was said in rooms before the caller came, where that is hidden."""

    def limited(session: Session) -> SearchScope:
        return replace(reach, visible=find_first_visible(session.connection(), reach.rooms or (), parties))

    return limited


def _send_results(ctx: Context, found: list[Event]) -> None:
    send_mixed(ctx, found, "soju.im/search")


# Guards


def _check_word_count(question: SearchQuery) -> None:
    if len(question.words()) > MAX_WORDS:
        text = f"A search has at most {MAX_WORDS} words; what stands between quotation marks is one"
        raise _failed("INVALID_PARAMS", "text", text=text)


def _parse_attributes(attributes: str) -> dict[str, str]:
    """Read the attributes, which are written as tags are.

    Raises: Failed when there is one that nobody knows.
    """
    wanted = parse_tags(attributes)
    for name in wanted.keys() - ATTRIBUTES:
        raise _failed("INVALID_PARAMS", name, text=f"There are {', '.join(sorted(ATTRIBUTES))}")
    return wanted


def _parse_timestamp(wanted: dict[str, str], name: str) -> int | None:
    try:
        return from_iso(wanted[name]) if name in wanted else None
    except ValueError as error:
        raise _failed("INVALID_PARAMS", name, text="A time is 2026-11-22T12:00:05.123Z") from error


def _parse_limit(wanted: dict[str, str], most: int) -> int:
    limit = parse_number(wanted["limit"]) if "limit" in wanted else MAX_RESULTS
    if limit is None:
        raise _failed("INVALID_PARAMS", "limit", text="A limit is a number")
    return min(limit, most)


def _failed(code: str, *context: str, text: str) -> FailReply:
    """Return a failure of SEARCH."""
    return FailReply("SEARCH", code, *context, text=text)
