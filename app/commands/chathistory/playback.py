"""Playing back: pages of the past are read on the caller's own thread, then shown as one batch.

Between the two the engine looks once more whether the caller may still see what was read.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.clock import to_iso
from app.commands.batches import response_batch
from app.commands.context import Context
from app.commands.errors import FailReply
from app.engine.submission_unit import SlowWork
from app.engine.world.room import Room
from app.events import Event, Kind, msgid
from app.services import pages
from app.services.pages import ConversationTarget, HistoryCursor, HistorySource
from app.services.visibility import find_first_visible
from app.wire.line import plain
from app.wire.names import fold

NOT_RETRIEVED = "Messages could not be retrieved"
PageQuery = Callable[..., list[Event]]
PAGE_READS = BoundedSemaphore(2)  # read at a time; more would only take the interpreter from the engine
T = TypeVar("T")
C = TypeVar("C", bound=Context)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reference:
    """A mark as the client wrote it: a position in the log, or an instant."""

    word: str
    position: int | None = None
    instant: int = 0


@dataclass(frozen=True, slots=True)
class PageRequest:
    """What one command asks for. `room` is None for a private conversation, whose parties are the others."""

    word: str  # the subcommand
    target: str  # as the client spelled it
    limit: int
    room: int | None
    parties: tuple[str, ...]  # whom the caller reads as; the first of them in private conversations
    peer: str | None  # the party that has the name now
    extra_kinds: tuple[Kind, ...]
    is_hidden: bool = False  # what was said in the room before the caller came

    def place(self, session: Session) -> HistorySource:
        """Return the history that is meant."""
        if self.room is not None:
            visible = find_first_visible(session.connection(), [self.room], self.parties)
            return HistorySource(self.room, extra=self.extra_kinds, first=visible.get(self.room))
        party = self.parties[0]
        found = pages.find_conversations(session, party, fold(self.target))
        direct = " ".join(sorted({party, self.peer})) if self.peer else None
        others = tuple(one for one in found if one != direct)
        return HistorySource(conversations=(*others, direct) if direct else others, extra=self.extra_kinds)


def get_joined_room(ctx: Context, word: str, name: str) -> Room:
    """Return a room the caller is in.

    Raises: Failed when there is none of that name; which rooms there are elsewhere stays unsaid.
    """
    room = find_joined_room(ctx, name)
    if room is None:
        raise failed("INVALID_TARGET", word, name, text=NOT_RETRIEVED)
    return room


def find_joined_room(ctx: Context, name: str) -> Room | None:
    """Return a room of that name if the caller is in one."""
    room = ctx.world.find_room(name)
    return room if room is not None and room.member(ctx.me) is not None else None


def make_request(
    ctx: Context, word: str, target: str, limit: int, room: Room | None, extra_kinds: tuple[Kind, ...] = ()
) -> PageRequest:
    """Return what the caller asks for: the past of a room, or without one theirs with whoever has the nick now."""
    peer = ctx.world.find_user(target) if room is None else None
    return PageRequest(
        word=word,
        target=target,
        limit=limit,
        room=room.id if room else None,
        parties=ctx.me.parties,
        peer=peer.party if peer else None,
        extra_kinds=extra_kinds,
        is_hidden=room is not None and room.hides_history,
    )


def playback_kinds(ctx: Context) -> tuple[Kind, ...]:
    """Return what the caller is shown beside messages; tags alone only if the client knows tags."""
    if "draft/event-playback" not in ctx.client.caps:
        return ()
    has_tags = "message-tags" in ctx.client.caps
    return tuple(kind for kind in pages.PLAYBACK_KINDS if has_tags or kind is not Kind.TAGMSG)


def read_page(ctx: Context, request: PageRequest, read: PageQuery, *references: Reference) -> SlowWork:
    """Return the work that reads a page with one of the queries of `pages`, and shows it."""

    def work(session: Session) -> list[Event]:
        place = request.place(session)
        marks = [_resolve(session, request, place, reference) for reference in references]
        return read(session, place, request.limit, *marks)

    return read_later(
        ctx, not_retrieved(request), work, lambda again, found: _send_page(again, request, found)
    )


def read_later(
    ctx: C,
    failure: FailReply,
    work: Callable[[Session], T],
    show: Callable[[C, T], None],
    turnstile: BoundedSemaphore = PAGE_READS,
) -> SlowWork:
    """Return the work that reads, when the turnstile lets it, and then shows; a failing storage becomes the failure."""

    def read(session: Session) -> T | FailReply:
        try:
            with turnstile:
                return work(session)
        except FailReply as refusal:
            return refusal
        except SQLAlchemyError as error:
            logger.warning("A page of history could not be read: %s", error)
            return failure

    def then(again: C, found: T | FailReply) -> None:
        if isinstance(found, FailReply):
            raise found
        show(again, found)

    return ctx.defer(read, then)


def _resolve(
    session: Session, request: PageRequest, place: HistorySource, reference: Reference
) -> HistoryCursor:
    """Return the place in the history that a reference names.

    Raises: Failed when there is no such message, so that the client can try by time instead.
    """
    if reference.position is None:
        return HistoryCursor(reference.instant)
    mark = pages.locate(session, place, reference.position)
    if mark is None:
        raise not_retrieved(request, reference.word)
    return mark


def _send_page(ctx: Context, request: PageRequest, found: list[Event]) -> None:
    """Show a page; somebody who was put out of the room meanwhile does not see it any more.

    Raises: Failed also when the past of the room has been hidden since it was read.
    """
    room = get_joined_room(ctx, request.word, request.target) if request.room is not None else None
    if room is not None and room.hides_history and not request.is_hidden:
        raise not_retrieved(request)
    with response_batch(ctx, "chathistory", plain(request.target)) as tags:
        for event in found:
            if event.id in ctx.world.redacted:
                continue  # since the page was read
            fill_in_names(ctx, event, room)
            ctx.send_event(event, **tags, **_shared_msgid(ctx, event))


def fill_in_names(ctx: Context, event: Event, room: Room | None) -> None:
    """Add what a row of the log leaves out: the names of the server and of the room as it is called now."""
    event.nick = event.nick or ctx.runtime.server_name
    event.data.setdefault("realname", "")
    if room is None:
        return
    event.data["room"] = room.name
    if event.kind not in (Kind.KICKED, Kind.NICK):
        event.target = room.name


def may_read(message: Event, rooms: Iterable[int], party: str) -> bool:
    """Whether somebody who is in these rooms, and is this party in private, may see a message."""
    return message.room in rooms if message.room is not None else party in message.data.get("parties", ())


def rooms_with_open_history(ctx: Context) -> frozenset[int]:
    """Return the rooms of the caller that hide nothing now."""
    return frozenset(room.id for room in ctx.world.rooms_of(ctx.me) if not room.hides_history)


def is_visible(ctx: Context, event: Event, shown: frozenset[int]) -> bool:
    """Whether the caller may see a message now; `shown` are the rooms that hid nothing when it was read."""
    me = ctx.me
    if event.id in ctx.world.redacted or not may_read(event, me.rooms, me.party):
        return False
    return event.room not in shown or not ctx.world.rooms[event.room].hides_history


def send_mixed(ctx: Context, events: Iterable[Event], *words: str) -> None:
    """Show messages of any rooms and conversations as one batch."""
    with response_batch(ctx, *words) as tags:
        for event in events:
            fill_in_names(ctx, event, None if event.room is None else ctx.world.rooms[event.room])
            ctx.send_event(event, **tags)


def _shared_msgid(ctx: Context, event: Event) -> dict[str, str]:
    """Return the id of what has none when it happens, because it happens in several rooms at once."""
    is_shared = event.kind in (Kind.QUIT, Kind.NICK) and "message-tags" in ctx.client.caps
    return {"msgid": msgid(event.id)} if is_shared else {}


def send_targets(ctx: Context, found: list[ConversationTarget]) -> None:
    """Show where something was said, with the time of the latest message there."""
    with response_batch(ctx, "draft/chathistory-targets") as tags:
        for target in found:
            ctx.send_from_server("CHATHISTORY", "TARGETS", target.name, to_iso(target.at), **tags)


def not_retrieved(request: PageRequest, *word: str) -> FailReply:
    """Return the failure that what is referred to cannot be found, or not be read."""
    return failed("MESSAGE_ERROR", request.word, request.target, *word, text=NOT_RETRIEVED)


def failed(code: str, *context: str, text: str) -> FailReply:
    """Return a failure of CHATHISTORY."""
    return FailReply("CHATHISTORY", code, *context, text=text)
