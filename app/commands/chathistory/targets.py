"""Targets of history: the rooms and users whose latest message is in a range (CHATHISTORY TARGETS).

A client asks for them as soon as it is connected, to learn where it missed something. Besides the
rooms that the caller is in, they are therefore the rooms in which the account's last session ended,
as far as the caller may join them; a room with a key is listed once the caller has joined it.
"""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from app.clock import to_iso
from app.commands.batches import response_batch
from app.commands.chathistory.playback import NOT_RETRIEVED, end_tag, failed, read_later
from app.commands.context import Context
from app.commands.errors import FailReply
from app.engine.submission_unit import SlowWork
from app.engine.world.admission import find_entry_refusal
from app.services.history.last_visits import list_last_rooms
from app.services.history.pages import Page
from app.services.history.targets import ConversationTarget, list_targets
from app.services.history.visibility import find_first_visible


def read_targets(ctx: Context, limit: int, begin: int, end: int) -> SlowWork:
    """Return slow work that lists the targets between two instants and sends them."""
    if ctx.me.account is None:
        return _read_targets(ctx, [], limit, begin, end)
    party = ctx.me.party

    def find_rooms(session: Session) -> list[int]:
        return list_last_rooms(session.connection(), party)

    return read_later(
        ctx, _failure(), find_rooms, lambda resumed, found: _read_targets(resumed, found, limit, begin, end)
    )


def _read_targets(ctx: Context, last_rooms: list[int], limit: int, begin: int, end: int) -> SlowWork:
    rooms, parties = _readable_rooms(ctx, last_rooms), ctx.me.parties

    def read(session: Session) -> Page[ConversationTarget]:
        last = ctx.find_end_of_history()
        visible = find_first_visible(session.connection(), rooms, parties)
        return list_targets(session, rooms, parties[0], limit, begin, end, visible, last)

    return read_later(ctx, _failure(), read, _send_targets)


def _readable_rooms(ctx: Context, last_rooms: list[int]) -> Mapping[int, str]:
    """Return the names of the caller's rooms, and of the last rooms that the caller may join."""
    former = [ctx.world.rooms[room] for room in last_rooms if room in ctx.world.rooms]
    may_join = [room for room in former if find_entry_refusal(room, ctx.me) is None]
    return {room.id: room.name for room in (*ctx.world.rooms_of(ctx.me), *may_join)}


def _send_targets(ctx: Context, page: Page[ConversationTarget]) -> None:
    with response_batch(ctx, "draft/chathistory-targets", **end_tag(ctx, page)) as tags:
        for target in page.items:
            ctx.send_from_server("CHATHISTORY", "TARGETS", target.name, to_iso(target.at), **tags)


def _failure() -> FailReply:
    return failed("MESSAGE_ERROR", "TARGETS", text=NOT_RETRIEVED)
