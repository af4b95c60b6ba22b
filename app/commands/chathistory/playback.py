"""Playback: pages of history, read on the client's reader thread and sent as one batch.

Before a page is sent, the engine checks that the client may still see its messages.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import BoundedSemaphore
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.commands.batches import response_batch
from app.commands.chathistory.timestamps import send_old_message
from app.commands.context import Context
from app.commands.errors import FailReply
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.events import Event, Kind, msgid
from app.events.data import KickedData, MessageData
from app.services.history import pages
from app.services.history.conversations import find_conversations
from app.services.history.pages import Page
from app.services.history.source import PLAYBACK_KINDS, HistoryCursor, HistorySource
from app.services.history.visibility import find_first_visible
from app.wire.line import plain
from app.wire.names import fold

END_TAG = "draft/chathistory-end"
NOT_RETRIEVED = "Messages could not be retrieved"
PageQuery = Callable[..., Page[Event]]
PAGE_READS = BoundedSemaphore(2)  # concurrent reads; more would slow the engine (GIL)
T = TypeVar("T")
C = TypeVar("C", bound=Context)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reference:
    """A message reference, `word` as received: a position in the log, or an instant."""

    word: str
    position: int | None = None
    instant: int = 0


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A parsed request for one page; `room` is None for direct messages."""

    word: str  # the subcommand
    target: str  # as the client spelled it
    limit: int
    room: int | None
    parties: tuple[str, ...]  # of the caller; direct messages belong to the first
    peer: str | None  # the party of the nick's current owner
    extra_kinds: tuple[Kind, ...]
    find_end: Callable[[], int]  # returns the last position that the server has delivered
    is_hidden: bool = False  # the room hides history from before the caller joined

    def find_source(self, session: Session) -> HistorySource:
        """Return the history that the request selects."""
        last = self.find_end()
        if self.room is not None:
            visible = find_first_visible(session.connection(), [self.room], self.parties)
            return HistorySource(self.room, (), self.extra_kinds, visible.get(self.room), last)
        party = self.parties[0]
        conversations = find_conversations(session, party, fold(self.target))
        direct = " ".join(sorted({party, self.peer})) if self.peer else None
        others = tuple(key for key in conversations if key != direct)
        found = (*others, direct) if direct else others
        return HistorySource(None, found, self.extra_kinds, last=last)


def get_joined_room(ctx: Context, word: str, name: str) -> Room:
    """Return a room that the caller is in.

    Raises: FailReply, which does not reveal whether the room exists.
    """
    room = find_joined_room(ctx, name)
    if room is None:
        raise failed("INVALID_TARGET", word, name, text=NOT_RETRIEVED)
    return room


def find_joined_room(ctx: Context, name: str) -> Room | None:
    """Return the room of that name if the caller is in it, or None."""
    room = ctx.find_room(name)
    return room if room is not None and room.member(ctx.me) is not None else None


def make_request(
    ctx: Context, word: str, target: str, limit: int, room: Room | None, extra_kinds: tuple[Kind, ...] = ()
) -> PageRequest:
    """Return a request for a room, or without a room, for direct messages with a nick."""
    peer = ctx.world.find_user(target) if room is None else None
    return PageRequest(
        word=word,
        target=target,
        limit=limit,
        room=room.id if room else None,
        parties=ctx.me.parties,
        peer=peer.party if peer else None,
        extra_kinds=extra_kinds,
        find_end=ctx.find_end_of_history,
        is_hidden=room is not None and room.hides_history,
    )


def playback_kinds(ctx: Context) -> tuple[Kind, ...]:
    """Return the kinds of events that the client receives besides messages (event-playback)."""
    if "draft/event-playback" not in ctx.client.caps:
        return ()
    has_tags = "message-tags" in ctx.client.caps
    return tuple(kind for kind in PLAYBACK_KINDS if has_tags or kind is not Kind.TAGMSG)


def read_page(ctx: Context, request: PageRequest, read: PageQuery, *references: Reference) -> SlowWork:
    """Return slow work that reads a page with `read`, a query from `pages`, and sends it."""

    def work(session: Session) -> Page[Event]:
        source = request.find_source(session)
        cursors = [_resolve(session, request, source, reference) for reference in references]
        return read(session, source, request.limit, *cursors)

    return read_later(
        ctx, not_retrieved(request), work, lambda resumed, page: _send_page(resumed, request, page)
    )


def read_later(
    ctx: C,
    failure: FailReply,
    work: Callable[[Session], T],
    send: Callable[[C, T], SlowWork | None],
    slots: BoundedSemaphore = PAGE_READS,
) -> SlowWork:
    """Return slow work that reads within a concurrency limit and sends the result, or `failure`.

    `send` may return further slow work.
    """

    def read(session: Session) -> T | FailReply:
        try:
            with slots:
                return work(session)
        except FailReply as refusal:
            return refusal
        except SQLAlchemyError as error:
            logger.warning("Cannot read a page of history: %s", error)
            return failure

    def then(resumed: C, result: T | FailReply) -> SlowWork | None:
        if isinstance(result, FailReply):
            raise result
        return send(resumed, result)

    return ctx.defer(read, then)


def _resolve(
    session: Session, request: PageRequest, source: HistorySource, reference: Reference
) -> HistoryCursor:
    """Return the cursor of a message reference.

    Raises: FailReply when there is no such message; the client can then retry with a timestamp.
    """
    if reference.position is None:
        return HistoryCursor(reference.instant)
    cursor = pages.locate(session, source, reference.position)
    if cursor is None:
        raise not_retrieved(request, reference.word)
    return cursor


def _send_page(ctx: Context, request: PageRequest, page: Page[Event]) -> None:
    """Send a page.

    Raises: FailReply when the caller has left the room or its history was hidden meanwhile.
    """
    room = get_joined_room(ctx, request.word, request.target) if request.room is not None else None
    if room is not None and room.hides_history and not request.is_hidden:
        raise not_retrieved(request)
    with response_batch(ctx, "chathistory", plain(request.target), **end_tag(ctx, page)) as tags:
        for event in page.items:
            if event.id in ctx.world.redacted:
                continue  # redacted since the page was read
            fill_in_names(ctx, event, room)
            send_old_message(ctx, event, **tags, **_shared_msgid(ctx, event))


def end_tag(ctx: Context, page: Page[T]) -> dict[str, str]:
    """Return the tag for a batch after which the client need not ask for a further page."""
    return {END_TAG: ""} if page.is_last and "message-tags" in ctx.client.caps else {}


def fill_in_names(ctx: Context, event: Event, room: Room | None) -> None:
    """Fill in the fields that the log omits: the server's name and the current name of the room."""
    event.nick = event.nick or ctx.runtime.server_name
    if room is None:
        event.target = event.target or ctx.me.nick
        return
    if isinstance(event.data, KickedData):
        event.data = replace(event.data, room=room.name)
    elif event.kind is not Kind.NICK:
        event.target = room.name


def may_read(message: Event, rooms: Iterable[int], party: str) -> bool:
    """Return whether a member of these rooms, or this party, may read a message."""
    if message.room is not None:
        return message.room in rooms
    return party in (MessageData.of(message).parties or ())


def rooms_with_open_history(ctx: Context) -> frozenset[int]:
    """Return the caller's rooms that currently do not hide history."""
    return frozenset(room.id for room in ctx.world.rooms_of(ctx.me) if not room.hides_history)


def is_visible(ctx: Context, event: Event, open_rooms: frozenset[int]) -> bool:
    """Return whether the caller may still see a message.

    `open_rooms` are the rooms that did not hide history when the message was read.
    """
    me = ctx.me
    if event.id in ctx.world.redacted or not may_read(event, me.rooms, me.party):
        return False
    return event.room not in open_rooms or not ctx.world.rooms[event.room].hides_history


def send_mixed(ctx: Context, events: Iterable[Event], *words: str) -> None:
    """Send messages from several conversations in a batch; `words` are its type and parameters."""
    with response_batch(ctx, *words) as tags:
        for event in events:
            fill_in_names(ctx, event, None if event.room is None else ctx.world.rooms[event.room])
            send_old_message(ctx, event, **tags)


def _shared_msgid(ctx: Context, event: Event) -> dict[str, str]:
    """Return the `msgid` tag of a QUIT or NICK, which is not sent with live events."""
    is_shared = event.kind in (Kind.QUIT, Kind.NICK) and "message-tags" in ctx.client.caps
    return {"msgid": msgid(event.id)} if is_shared else {}


def not_retrieved(request: PageRequest, *word: str) -> FailReply:
    """Return the reply for messages that do not exist or cannot be read."""
    return failed("MESSAGE_ERROR", request.word, request.target, *word, text=NOT_RETRIEVED)


def failed(code: str, *context: str, text: str) -> FailReply:
    """Return a FAIL reply to CHATHISTORY."""
    return FailReply("CHATHISTORY", code, *context, text=text)
