"""Formats messages, what refers to them, and what became of those we sent."""

from app.client.display.display_context import (
    DisplayContext,
    Lines,
    dim_line,
    error_line,
    in_parentheses,
)
from app.client.display.style import Piece, Style, piece
from app.client.protocol import events
from app.text.columns import shorten
from app.text.sanitise import clean
from app.wire.names import fold
from app.wire.secrets import mask_message

MAX_QUOTE_COLUMNS = 40  # of a message that another one refers to
FURTHER_LINE = "    "  # the indent of the lines of a message after the first


def message(event: events.Message, context: DisplayContext) -> Lines:
    """Format a message as `[time] anna: hello`, with the room if it is not the current one.

    The further lines of a message are indented.
    """
    author = piece(event.author, Style.NICK)
    text, *further = _text_of(event).split("\n")
    if event.is_action:
        body = [Piece("* "), author, *_reply(event), piece(f" {text}")]
    elif event.is_notice:
        body = [Piece("-", Style.DIM), author, Piece("- ", Style.DIM), piece(text)]
    else:
        body = [author, *_recipient(event, context), *_reply(event), Piece(": "), piece(text)]
    first = [context.timestamp(event.at), *_other_room(event, context), *body]
    return [first, *([Piece(FURTHER_LINE), piece(line)] for line in further)]


def _text_of(event: events.Message | events.SendFailed | events.Queued | events.Cancelled) -> str:
    """Return the text of a message, without the secrets that we may have sent to a service."""
    if isinstance(event, events.Message):
        return mask_message(event.room, event.text) if event.is_mine else event.text
    return mask_message(event.target, event.text)


def _reply(event: events.Message) -> list[Piece]:
    """Return what a message replies to, in parentheses; nothing if it is not a reply."""
    return [piece(f" (re {_quote(event.quoted)})", Style.DIM)] if event.reply_to else []


def _quote(quoted: events.Quote | None) -> str:
    if quoted is None:
        return "an earlier message"
    return f"{quoted.author}: “{shorten(clean(quoted.text), MAX_QUOTE_COLUMNS)}”"


def reaction(event: events.Reaction, context: DisplayContext) -> Lines:
    """Format a reaction, with the message it refers to."""
    verb = ("removed the reaction", "from") if event.is_removed else ("reacted", "to")
    text = f"{event.author} {verb[0]} {event.reaction} {verb[1]} {_quote(event.quoted)}"
    return [[context.timestamp(event.at), *_other_room(event, context), piece(text, Style.DIM)]]


def redacted(event: events.Redacted, context: DisplayContext) -> Lines:
    """Format that a message was deleted, without its text."""
    text = f"{event.by} deleted {_deleted_message(event, context)}{in_parentheses(event.reason)}"
    return [[context.timestamp(event.at), *_other_room(event, context), piece(text, Style.DIM)]]


def _deleted_message(event: events.Redacted, context: DisplayContext) -> str:
    if not event.author:
        return "an earlier message"
    owner = "their" if fold(event.author) == fold(event.by) else f"{event.author}’s"
    return f"{owner} message of {context.to_local(event.sent_at):%H:%M:%S}"


def _other_room(
    event: events.Message | events.Reaction | events.Redacted, context: DisplayContext
) -> list[Piece]:
    is_elsewhere = fold(event.room) != fold(context.room) and not event.is_direct
    return [piece(f"{event.room} ", Style.DIM)] if is_elsewhere else []


def _recipient(event: events.Message, context: DisplayContext) -> list[Piece]:
    if not event.is_direct:
        return []
    recipient = event.room if event.is_mine else context.nick
    return [Piece(" → ", Style.DIM), piece(recipient, Style.NICK)]


def send_failed(event: events.SendFailed, context: DisplayContext) -> Lines:
    """Format a failure to send, with the command that resends the message."""
    reason = event.reason.rstrip(".")
    return error_line(f"not sent: {_text_of(event)} — {reason}. Use /resend {event.number} to send it again.")


def edit_refused(event: events.EditRefused, context: DisplayContext) -> Lines:
    """Format that a message was not replaced, with the text that was not sent."""
    reason = event.reason.rstrip(".")
    return error_line(f"not changed to: {mask_message(event.room, event.text)} — {reason}.")


def queued(event: events.Queued, context: DisplayContext) -> Lines:
    """Format a message that waits for the connection, with the command that drops it."""
    return dim_line(f"queued: {_text_of(event)} — sent once connected; /cancel {event.number} drops it")


def cancelled(event: events.Cancelled, context: DisplayContext) -> Lines:
    """Format a message that the user dropped."""
    return dim_line(f"dropped: {_text_of(event)}")
