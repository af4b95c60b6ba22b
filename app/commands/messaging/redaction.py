"""Taking back what was said: REDACT (IRCv3 draft/message-redaction).

The message goes from the log, the history and what newcomers are shown; its place in the log stays. Who has
seen it has seen it.
"""

from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command
from app.engine.delivery.audience import Audience
from app.engine.world.room import Room
from app.events import Event, Kind, position
from app.services.pages import find_conversations, find_message
from app.services.visibility import find_visit_start
from app.wire.names import fold


@command(writes=True)
def redact(ctx: Context, target: str, message_id: str, reason: str = "") -> None:
    """Take back what you said in a room or to somebody, or what anybody said in a room you moderate.

    The message is known by its `msgid`. It goes from the history; who has seen it has seen it.
    """
    if target.startswith(("#", "@#")):
        _redact_in_room(ctx, target, message_id, reason)
    else:
        _redact_direct_message(ctx, target, message_id, reason)


def _redact_in_room(ctx: Context, target: str, message_id: str, reason: str) -> None:
    """Redact in a room, or among those who moderate it."""
    room = ctx.world.find_room(target.removeprefix("@"))
    if room is None or room.member(ctx.me) is None:
        raise _failed("INVALID_TARGET", target, text="You are in no such room")
    message = _get_message(ctx, target, message_id)
    is_here = message.conversation == f"o{room.id}" if target.startswith("@") else message.room == room.id
    if not is_here or _is_hidden(ctx, room, message):
        raise _unknown_message(target, message_id)
    if not (_is_own(ctx, message) or room.is_operator(ctx.me) or ctx.me.is_admin):
        refusal = (
            _unknown_message if target.startswith("@") else _not_allowed
        )  # who did not hear it is not told of it
        raise refusal(target, message_id)
    audience = room.operators() if target.startswith("@") else room.audience
    _emit(ctx, _make_event(ctx, message, _display_target(room, target), reason), audience)


def _redact_direct_message(ctx: Context, target: str, message_id: str, reason: str) -> None:
    """Redact in what was said to one person; only the author may."""
    conversations = _find_conversations(ctx, target)
    if not conversations:
        raise _failed("INVALID_TARGET", target, text="You have no conversation with anybody of this name")
    message = _get_message(ctx, target, message_id)
    if message.conversation not in conversations:
        raise _unknown_message(target, message_id)
    mine, theirs = message.data["parties"]
    if mine != ctx.me.party:
        raise _not_allowed(target, message_id)
    event = _make_event(ctx, message, target, reason)
    event.data["parties"] = [mine, theirs]
    _emit(ctx, event, Audience(ctx.world.devices(mine).clients | ctx.world.devices(theirs).clients))


def _find_conversations(ctx: Context, nick: str) -> set[str]:
    """Return the caller's conversations with those who have or had a nick."""
    me, peer = ctx.me, ctx.world.find_user(nick)
    found = set(find_conversations(ctx.runtime.ledger.connection, me.party, fold(nick)))
    return found | {" ".join(sorted({me.party, peer.party}))} if peer else found


def _get_message(ctx: Context, target: str, message_id: str) -> Event:
    """Return the message that is meant; the log must be open.

    Raises: Failed when there is none, or it was redacted before.
    """
    try:
        place = position(message_id)
    except ValueError as error:
        raise _unknown_message(target, message_id) from error
    found = find_message(ctx.runtime.ledger.connection, place) if place not in ctx.world.redacted else None
    if found is None:
        raise _unknown_message(target, message_id)
    return found


def _is_hidden(ctx: Context, room: Room, message: Event) -> bool:
    """Whether the room does not show the caller the message, which was there before they came (+H)."""
    if not room.hides_history or _is_own(ctx, message):
        return False
    return message.id < find_visit_start(ctx.runtime.ledger.connection, room.id, ctx.me.parties).position


def _is_own(ctx: Context, message: Event) -> bool:
    me = ctx.me
    is_accounts = me.account is not None and message.account == me.account.name
    return is_accounts or (message.session is not None and message.session == me.session)


def _display_target(room: Room, target: str) -> str:
    return f"@{room.name}" if target.startswith("@") else room.name


def _make_event(ctx: Context, message: Event, target: str, reason: str) -> Event:
    event = ctx.event(Kind.REDACTED, target=target, text=reason, data={"event": message.id})
    event.room, event.conversation = message.room, message.conversation
    return event


def _emit(ctx: Context, event: Event, audience: Audience) -> None:
    """Take the message back, and tell those who know what that is."""
    if "draft/message-redaction" in ctx.client.caps:
        ctx.emit(event, audience)
    else:
        ctx.emit_without_reply(event, audience)


def _unknown_message(target: str, message_id: str) -> FailReply:
    return _failed("UNKNOWN_MSGID", target, message_id, text="There is no such message")


def _not_allowed(target: str, message_id: str) -> FailReply:
    return _failed("REDACT_FORBIDDEN", target, message_id, text="It is somebody else's message")


def _failed(code: str, *context: str, text: str) -> FailReply:
    return FailReply("REDACT", code, *context, text=text)
