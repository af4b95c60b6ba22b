"""Formats events as text, with one function for each kind of event."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from app.client.display.style import Piece, Style, piece
from app.client.protocol import events
from app.clock import to_datetime
from app.text.columns import align, shorten
from app.text.counts import count_of
from app.text.sanitise import clean
from app.wire.names import fold
from app.wire.secrets import mask_message

MAX_QUOTE_COLUMNS = 40  # of a message that another one refers to

Lines = list[list[Piece]]
Formatters = dict[type[events.ClientEvent], Callable[..., Lines]]


FURTHER_LINE = "    "  # the indent of the lines of a message after the first
NARROW_COLUMNS = 60  # below it, timestamps are short


@dataclass(slots=True)
class DisplayContext:
    """The context of an event's text: the current room, our nick and the time zone."""

    room: str = ""
    nick: str = ""
    zone: tzinfo | None = None
    columns: int | None = None  # of the terminal, or None if the output is not one
    has_timestamps: bool = True

    def to_local(self, at: int) -> datetime:
        """Convert a Unix timestamp in milliseconds to local time."""
        return to_datetime(at).astimezone(self.zone)

    def timestamp(self, at: int) -> Piece:
        """Return the timestamp at the start of a line."""
        if not self.has_timestamps:
            return Piece("")
        is_narrow = self.columns is not None and self.columns < NARROW_COLUMNS
        pattern = "[%H:%M] " if is_narrow else "[%Y-%m-%d %H:%M:%S] "
        return Piece(self.to_local(at).strftime(pattern), Style.DIM)


def _dim(text: str) -> Lines:
    return [[piece(text, Style.DIM)]]


def _error(text: str) -> Lines:
    return [[piece(f"! {text}", Style.ERROR)]]


def _with_time(context: DisplayContext, at: int, text: str) -> Lines:
    return [[context.timestamp(at), piece(text, Style.DIM)]]


def _in_parentheses(reason: str) -> str:
    return f" ({reason})" if reason else ""


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
    text = f"{event.by} deleted {_deleted_message(event, context)}{_in_parentheses(event.reason)}"
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


def joined(event: events.Joined, context: DisplayContext) -> Lines:
    """Format a JOIN."""
    if event.is_mine:
        return _dim(f"You are in {event.room}.")
    account = f" (account {event.account})" if event.account not in ("", event.nick) else ""
    return _with_time(context, event.at, f"{event.nick}{account} joined {event.room}")


def parted(event: events.Parted, context: DisplayContext) -> Lines:
    """Format a PART."""
    if event.is_mine:
        return _dim(f"You left {event.room}.")
    return _with_time(context, event.at, f"{event.nick} left {event.room}{_in_parentheses(event.reason)}")


def kicked(event: events.Kicked, context: DisplayContext) -> Lines:
    """Format a KICK."""
    reason = _in_parentheses(event.reason)
    if event.is_mine:
        return _error(f"{event.by} kicked you from {event.room}{reason}")
    return _with_time(context, event.at, f"{event.by} kicked {event.nick} from {event.room}{reason}")


def quit_(event: events.Quit, context: DisplayContext) -> Lines:
    """Format a QUIT."""
    return _with_time(context, event.at, f"{event.nick} quit{_in_parentheses(event.reason)}")


def renamed(event: events.Renamed, context: DisplayContext) -> Lines:
    """Format a nick change."""
    if event.is_mine:
        return _dim(f"You are now known as {event.new}.")
    return _with_time(context, event.at, f"{event.old} is now known as {event.new}")


def topic_changed(event: events.TopicChanged, context: DisplayContext) -> Lines:
    """Format a topic change, or the reply to a request for the topic."""
    if not event.by:
        text = f"Topic of {event.room}: {event.topic}" if event.topic else f"{event.room} has no topic."
        return _dim(text)
    if event.topic:
        text = f"{event.by} set the topic of {event.room}: {event.topic}"
    else:
        text = f"{event.by} removed the topic of {event.room}"
    return _with_time(context, event.at, text)


def mode_changed(event: events.ModeChanged, context: DisplayContext) -> Lines:
    """Format a mode change; changes to our own user modes are not shown."""
    if fold(event.target) == fold(context.nick):
        return []
    return _with_time(context, event.at, f"{event.by} set mode {event.modes} on {event.target}")


def invited(event: events.Invited, context: DisplayContext) -> Lines:
    """Format an invitation."""
    if fold(event.nick) != fold(context.nick):
        return _with_time(context, event.at, f"{event.by} invited {event.nick} to {event.room}")
    text = f"{event.by} invited you to {event.room}. Use /join {event.room} to join it."
    return [[context.timestamp(event.at), piece(text, Style.BOLD)]]


def away_changed(event: events.AwayChanged, context: DisplayContext) -> Lines:
    """Format a change of away status."""
    text = f"{event.nick} is away: {event.reason}" if event.reason else f"{event.nick} is back"
    return _with_time(context, event.at, text)


def join_refused(event: events.JoinRefused, context: DisplayContext) -> Lines:
    """Format the refusal of our JOIN."""
    return _error(f"Cannot join {event.room}: {event.reason}")


def members(event: events.Members, context: DisplayContext) -> Lines:
    """Format the member list of a room."""
    return _dim(f"{count_of(len(event.names), 'member')} of {event.room}: {', '.join(event.names)}")


def unread_room(event: events.UnreadRoom, context: DisplayContext) -> Lines:
    """Format that a room we are not in has unread messages."""
    return [
        [
            piece(
                f"There are unread messages in {event.room}. Use /join {event.room} to read them.", Style.BOLD
            )
        ]
    ]


def table(event: events.Table, context: DisplayContext) -> Lines:
    """Format a WHO or LIST reply as a table with aligned columns."""
    lines = align([clean(cell) for cell in row] for row in event.rows)
    return [*_dim(f"{event.title}: {len(lines)}"), *([Piece(f"  {line}")] for line in lines)]


def notice(event: events.Notice, context: DisplayContext) -> Lines:
    """Format a notice from the server or from the program itself."""
    return _error(event.text) if event.is_error else _dim(event.text)


def search_failed(event: events.SearchFailed, context: DisplayContext) -> Lines:
    """Format that a search has no result, and why."""
    return _error(f"The search failed: {event.reason}")


def send_failed(event: events.SendFailed, context: DisplayContext) -> Lines:
    """Format a failure to send, with the command that resends the message."""
    reason = event.reason.rstrip(".")
    return _error(f"not sent: {_text_of(event)} — {reason}. Use /resend {event.number} to send it again.")


def edit_refused(event: events.EditRefused, context: DisplayContext) -> Lines:
    """Format that a message was not replaced, with the text that was not sent."""
    reason = event.reason.rstrip(".")
    return _error(f"not changed to: {mask_message(event.room, event.text)} — {reason}.")


def queued(event: events.Queued, context: DisplayContext) -> Lines:
    """Format a message that waits for the connection, with the command that drops it."""
    return _dim(f"queued: {_text_of(event)} — sent once connected; /cancel {event.number} drops it")


def cancelled(event: events.Cancelled, context: DisplayContext) -> Lines:
    """Format a message that the user dropped."""
    return _dim(f"dropped: {_text_of(event)}")


FORMATTERS: Formatters = {
    events.Message: message,
    events.Reaction: reaction,
    events.Redacted: redacted,
    events.Joined: joined,
    events.Parted: parted,
    events.Kicked: kicked,
    events.Quit: quit_,
    events.Renamed: renamed,
    events.TopicChanged: topic_changed,
    events.ModeChanged: mode_changed,
    events.Invited: invited,
    events.AwayChanged: away_changed,
    events.JoinRefused: join_refused,
    events.Members: members,
    events.UnreadRoom: unread_room,
    events.Table: table,
    events.Notice: notice,
    events.NickInvalid: notice,
    events.VerificationRequired: notice,
    events.SearchFailed: search_failed,
    events.SendFailed: send_failed,
    events.EditRefused: edit_refused,
    events.Queued: queued,
    events.Cancelled: cancelled,
}
