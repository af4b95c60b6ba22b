"""Redaction: REDACT (https://ircv3.net/specs/extensions/message-redaction).

A redacted message is removed from the log, history and replay, but keeps its log position.
"""

from dataclasses import replace

from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.registry import command
from app.engine.world.room import Room
from app.events import Event, Kind, parse_msgid
from app.events.data import MessageData, RedactedData
from app.services.accounts.names import was_name_of
from app.services.history.conversations import find_conversations
from app.services.history.pages import find_message
from app.services.history.visibility import find_visit_start
from app.wire.names import fold


@command(writes=True)
def redact(ctx: Context, target: str, message_id: str, reason: str = "") -> None:
    """Delete a message of yours, or any message in a room that you moderate.

    The message is identified by its `msgid` tag. It is removed from history, and clients that
    support redaction remove it from view.
    """
    if target.startswith(("#", "@#")):
        _redact_in_room(ctx, target, message_id, reason)
    else:
        _redact_direct_message(ctx, target, message_id, reason)


def _redact_in_room(ctx: Context, target: str, message_id: str, reason: str) -> None:
    """Redact a message to a room or to its operators."""
    room = ctx.find_room(target.removeprefix("@"))
    if room is None or room.member(ctx.me) is None:
        raise _failed("INVALID_TARGET", target, text="You are not in this room")
    message = _get_message(ctx, target, message_id)
    is_in_target = (
        message.conversation == f"o{room.id}" if target.startswith("@") else message.room == room.id
    )
    if not is_in_target or _is_hidden(ctx, room, message):
        raise _unknown_message(target, message_id)
    if not (_is_own(ctx, message) or room.is_operator(ctx.me) or ctx.me.is_admin):
        # A message to the operators must not be disclosed to other members.
        refusal = _unknown_message if target.startswith("@") else _not_allowed
        raise refusal(target, message_id)
    _emit(ctx, _make_event(ctx, message, _display_target(room, target), reason))


def _redact_direct_message(ctx: Context, target: str, message_id: str, reason: str) -> None:
    """Redact a direct message of the caller."""
    conversations = _find_conversations(ctx, target)
    if not conversations:
        raise _failed("INVALID_TARGET", target, text="You have no conversation with this user")
    message = _get_message(ctx, target, message_id)
    if message.conversation not in conversations:
        raise _unknown_message(target, message_id)
    sender, recipient = MessageData.of(message).parties or ("", "")
    if sender != ctx.me.party:
        raise _not_allowed(target, message_id)
    event = _make_event(ctx, message, target, reason)
    event.data = replace(RedactedData.of(event), parties=[sender, recipient])
    _emit(ctx, event)


def _find_conversations(ctx: Context, nick: str) -> set[str]:
    """Return the caller's conversations with the current and former owners of a nick."""
    me, peer = ctx.me, ctx.world.find_user(nick)
    conversations = set(ctx.read(lambda connection: find_conversations(connection, me.party, fold(nick))))
    return conversations | {" ".join(sorted({me.party, peer.party}))} if peer else conversations


def _get_message(ctx: Context, target: str, message_id: str) -> Event:
    """Return a message by its id, reading the log.

    Raises: FailReply when it does not exist or is already redacted.
    """
    try:
        log_position = parse_msgid(message_id)
    except ValueError as error:
        raise _unknown_message(target, message_id) from error
    if log_position in ctx.world.redacted:
        raise _unknown_message(target, message_id)
    message = ctx.read(lambda connection: find_message(connection, log_position))
    if message is None:
        raise _unknown_message(target, message_id)
    return message


def _is_hidden(ctx: Context, room: Room, message: Event) -> bool:
    """Return whether +H hides the message, because it was sent before the caller joined."""
    if not room.hides_history or _is_own(ctx, message):
        return False
    start = ctx.read(lambda connection: find_visit_start(connection, room.id, ctx.me.parties))
    return message.id < start.position


def _is_own(ctx: Context, message: Event) -> bool:
    me, account = ctx.me, ctx.me.account
    if message.session is not None and message.session == me.session:
        return True
    if account is None or message.account is None:
        return False
    return message.account == account.name or _had_name(ctx, account.id, message)


def _had_name(ctx: Context, account: int, message: Event) -> bool:
    """Return whether the account, since renamed, had the name of the message's author."""
    name = message.account or ""
    return ctx.read(lambda connection: was_name_of(connection, account, name, message.id))


def _display_target(room: Room, target: str) -> str:
    return f"@{room.name}" if target.startswith("@") else room.name


def _make_event(ctx: Context, message: Event, target: str, reason: str) -> Event:
    event = ctx.event(Kind.REDACTED, target=target, text=reason, data=RedactedData(message.id))
    event.room, event.conversation = message.room, message.conversation
    return event


def _emit(ctx: Context, event: Event) -> None:
    """Emit the redaction, which only clients with the capability receive."""
    if "draft/message-redaction" in ctx.client.caps:
        ctx.emit(event)
    else:
        ctx.emit_without_reply(event)


def _unknown_message(target: str, message_id: str) -> FailReply:
    return _failed("UNKNOWN_MSGID", target, message_id, text="No such message")


def _not_allowed(target: str, message_id: str) -> FailReply:
    return _failed("REDACT_FORBIDDEN", target, message_id, text="You can delete only your own messages")


def _failed(code: str, *context: str, text: str) -> FailReply:
    return FailReply("REDACT", code, *context, text=text)
