"""Formats events as text, with one function for each kind of event (see also `message_text`)."""

from app.client.display import message_text
from app.client.display.display_context import (
    DisplayContext,
    Formatters,
    Lines,
    dim_line,
    error_line,
    in_parentheses,
    timed_line,
)
from app.client.display.style import Piece, Style, piece
from app.client.protocol import events
from app.text.columns import align
from app.text.counts import count_of
from app.text.sanitise import clean
from app.wire.names import fold


def joined(event: events.Joined, context: DisplayContext) -> Lines:
    """Format a JOIN."""
    if event.is_mine:
        return dim_line(f"You are in {event.room}.")
    account = f" (account {event.account})" if event.account not in ("", event.nick) else ""
    return timed_line(context, event.at, f"{event.nick}{account} joined {event.room}")


def parted(event: events.Parted, context: DisplayContext) -> Lines:
    """Format a PART."""
    if event.is_mine:
        return dim_line(f"You left {event.room}.")
    return timed_line(context, event.at, f"{event.nick} left {event.room}{in_parentheses(event.reason)}")


def kicked(event: events.Kicked, context: DisplayContext) -> Lines:
    """Format a KICK."""
    reason = in_parentheses(event.reason)
    if event.is_mine:
        return error_line(f"{event.by} kicked you from {event.room}{reason}")
    return timed_line(context, event.at, f"{event.by} kicked {event.nick} from {event.room}{reason}")


def quit_(event: events.Quit, context: DisplayContext) -> Lines:
    """Format a QUIT."""
    return timed_line(context, event.at, f"{event.nick} quit{in_parentheses(event.reason)}")


def renamed(event: events.Renamed, context: DisplayContext) -> Lines:
    """Format a nick change."""
    if event.is_mine:
        return dim_line(f"You are now known as {event.new}.")
    return timed_line(context, event.at, f"{event.old} is now known as {event.new}")


def topic_changed(event: events.TopicChanged, context: DisplayContext) -> Lines:
    """Format a topic change, or the reply to a request for the topic."""
    if not event.by:
        text = f"Topic of {event.room}: {event.topic}" if event.topic else f"{event.room} has no topic."
        return dim_line(text)
    if event.topic:
        text = f"{event.by} set the topic of {event.room}: {event.topic}"
    else:
        text = f"{event.by} removed the topic of {event.room}"
    return timed_line(context, event.at, text)


def mode_changed(event: events.ModeChanged, context: DisplayContext) -> Lines:
    """Format a mode change; changes to our own user modes are not shown."""
    if fold(event.target) == fold(context.nick):
        return []
    return timed_line(context, event.at, f"{event.by} set mode {event.modes} on {event.target}")


def invited(event: events.Invited, context: DisplayContext) -> Lines:
    """Format an invitation."""
    if fold(event.nick) != fold(context.nick):
        return timed_line(context, event.at, f"{event.by} invited {event.nick} to {event.room}")
    text = f"{event.by} invited you to {event.room}. Use /join {event.room} to join it."
    return [[context.timestamp(event.at), piece(text, Style.BOLD)]]


def away_changed(event: events.AwayChanged, context: DisplayContext) -> Lines:
    """Format a change of away status."""
    text = f"{event.nick} is away: {event.reason}" if event.reason else f"{event.nick} is back"
    return timed_line(context, event.at, text)


def join_refused(event: events.JoinRefused, context: DisplayContext) -> Lines:
    """Format the refusal of our JOIN."""
    return error_line(f"Cannot join {event.room}: {event.reason}")


def members(event: events.Members, context: DisplayContext) -> Lines:
    """Format the member list of a room."""
    return dim_line(f"{count_of(len(event.names), 'member')} of {event.room}: {', '.join(event.names)}")


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
    return [*dim_line(f"{event.title}: {len(lines)}"), *([Piece(f"  {line}")] for line in lines)]


def notice(event: events.Notice, context: DisplayContext) -> Lines:
    """Format a notice from the server or from the program itself."""
    return error_line(event.text) if event.is_error else dim_line(event.text)


def search_failed(event: events.SearchFailed, context: DisplayContext) -> Lines:
    """Format that a search has no result, and why."""
    return error_line(f"The search failed: {event.reason}")


FORMATTERS: Formatters = {
    events.Message: message_text.message,
    events.Reaction: message_text.reaction,
    events.Redacted: message_text.redacted,
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
    events.SendFailed: message_text.send_failed,
    events.EditRefused: message_text.edit_refused,
    events.Queued: message_text.queued,
    events.Cancelled: message_text.cancelled,
}
