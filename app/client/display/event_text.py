"""What each event says to a person, as pieces of text.

One function for each kind of event; kinds without one are not shown. `DisplayContext` is what the words depend on
besides.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TypeVar

from app.client.display.style import Piece, Style, piece
from app.client.protocol import events
from app.clock import to_datetime
from app.wire.names import fold

Lines = list[list[Piece]]
E_ = TypeVar("E_", bound=events.ClientEvent)
Wording = Callable[[E_, "DisplayContext"], Lines]

WORDINGS: dict[type[events.ClientEvent], Callable[..., Lines]] = {}


@dataclass(slots=True)
class DisplayContext:
    """What the words depend on: the room one is in, one's own nick, the time zone."""

    room: str = ""
    nick: str = ""
    zone: tzinfo | None = None

    def local(self, at: int) -> datetime:
        """Return an instant in the time of the person who looks."""
        return to_datetime(at).astimezone(self.zone)

    def stamp(self, at: int) -> Piece:
        """Return the time of a line, as it stands before it."""
        return Piece(self.local(at).strftime("[%Y-%m-%d %H:%M:%S] "), Style.DIM)


def says(kind: type[E_]) -> Callable[[Wording[E_]], Wording[E_]]:
    """Register the words for a kind of event."""

    def register(wording: Wording[E_]) -> Wording[E_]:
        WORDINGS[kind] = wording
        return wording

    return register


def wording(event: events.ClientEvent, view: DisplayContext) -> Lines:
    """Return the lines that tell about an event; none when nobody needs to know."""
    chosen = WORDINGS.get(type(event))
    return chosen(event, view) if chosen else []


def _dim(text: str) -> Lines:
    return [[piece(text, Style.DIM)]]


def _error(text: str) -> Lines:
    return [[piece(f"! {text}", Style.ERROR)]]


def _dated(view: DisplayContext, at: int, text: str) -> Lines:
    return [[view.stamp(at), piece(text, Style.DIM)]]


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


@says(events.Message)
def message(event: events.Message, view: DisplayContext) -> Lines:
    """`[time] anna: hello`, with the room before it when it is not the one we are in."""
    author = piece(event.author, Style.NICK)
    place = _place(event, view)
    if event.is_action:
        said = [Piece("* "), author, piece(f" {event.text}")]
    elif event.is_notice:
        said = [Piece("-", Style.DIM), author, Piece("- ", Style.DIM), piece(event.text)]
    else:
        said = [author, *_receiver(event, view), Piece(": "), piece(event.text)]
    return [[view.stamp(event.at), *place, *said]]


def _place(event: events.Message, view: DisplayContext) -> list[Piece]:
    """Name the room of a message when it is another one than ours."""
    is_elsewhere = fold(event.room) != fold(view.room) and not event.is_direct
    return [piece(f"{event.room} ", Style.DIM)] if is_elsewhere else []


def _receiver(event: events.Message, view: DisplayContext) -> list[Piece]:
    """Name whom a direct message is for."""
    if not event.is_direct:
        return []
    receiver = event.room if event.is_mine else view.nick
    return [Piece(" → ", Style.DIM), piece(receiver, Style.NICK)]


@says(events.Joined)
def joined(event: events.Joined, view: DisplayContext) -> Lines:
    """Somebody, or we, came in."""
    if event.is_mine:
        return _dim(f"You are in {event.room}.")
    account = f" (account {event.account})" if event.account not in ("", event.nick) else ""
    return _dated(view, event.at, f"{event.nick}{account} joined {event.room}")


@says(events.Parted)
def parted(event: events.Parted, view: DisplayContext) -> Lines:
    """Somebody, or we, left a room."""
    if event.is_mine:
        return _dim(f"You left {event.room}.")
    return _dated(view, event.at, f"{event.nick} left {event.room}{_because(event.reason)}")


@says(events.Kicked)
def kicked(event: events.Kicked, view: DisplayContext) -> Lines:
    """Somebody was removed."""
    why = _because(event.reason)
    if event.is_mine:
        return _error(f"{event.by} removed you from {event.room}{why}")
    return _dated(view, event.at, f"{event.by} removed {event.nick} from {event.room}{why}")


@says(events.Left)
def left(event: events.Left, view: DisplayContext) -> Lines:
    """Somebody left the server."""
    return _dated(view, event.at, f"{event.nick} left{_because(event.reason)}")


@says(events.Renamed)
def renamed(event: events.Renamed, view: DisplayContext) -> Lines:
    """Somebody has another nick."""
    if event.is_mine:
        return _dim(f"You are called {event.new} now.")
    return _dated(view, event.at, f"{event.old} is called {event.new} now")


@says(events.TopicChanged)
def topic_changed(event: events.TopicChanged, view: DisplayContext) -> Lines:
    """What a room is about."""
    if not event.by:
        return _dim(f"{event.room} is about: {event.topic}" if event.topic else f"{event.room} has no topic.")
    what = (
        f"set the topic of {event.room}: {event.topic}" if event.topic else f"took the topic off {event.room}"
    )
    return _dated(view, event.at, f"{event.by} {what}")


@says(events.ModeChanged)
def mode_changed(event: events.ModeChanged, view: DisplayContext) -> Lines:
    """Modes of a room; one's own modes are not worth a line."""
    if fold(event.target) == fold(view.nick):
        return []
    return _dated(view, event.at, f"{event.by} set {event.modes} on {event.target}")


@says(events.Invited)
def invited(event: events.Invited, view: DisplayContext) -> Lines:
    """Somebody asks us, or another, into a room."""
    if fold(event.nick) != fold(view.nick):
        return _dated(view, event.at, f"{event.by} invited {event.nick} to {event.room}")
    return [[view.stamp(event.at), piece(f"{event.by} invites you: /join {event.room}", Style.BOLD)]]


@says(events.AwayChanged)
def away_changed(event: events.AwayChanged, view: DisplayContext) -> Lines:
    """Somebody is away, or back."""
    return _dated(
        view, event.at, f"{event.nick} is away: {event.reason}" if event.reason else f"{event.nick} is back"
    )


@says(events.JoinRefused)
def join_refused(event: events.JoinRefused, view: DisplayContext) -> Lines:
    """A room is closed to us."""
    return _error(f"{event.room}: {event.reason}")


@says(events.Members)
def members(event: events.Members, view: DisplayContext) -> Lines:
    """Who is in a room."""
    return _dim(f"{len(event.names)} in {event.room}: {', '.join(event.names)}")


@says(events.Table)
def table(event: events.Table, view: DisplayContext) -> Lines:
    """Rows in columns, each as wide as its widest entry."""
    widths = [max(len(cell) for cell in column) for column in zip(*event.rows, strict=True)]
    rows = [[f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)] for row in event.rows]
    return [*_dim(f"{event.title}: {len(rows)}"), *([piece("  " + "  ".join(row).rstrip())] for row in rows)]


@says(events.Notice)
def notice(event: events.Notice, view: DisplayContext) -> Lines:
    """A sentence of the server or the program."""
    return _error(event.text) if event.is_error else _dim(event.text)


@says(events.SendFailed)
def failed(event: events.SendFailed, view: DisplayContext) -> Lines:
    """A line that was not stored."""
    reason = event.reason.rstrip(".")
    text = f"! not sent: {event.text} — {reason}. /resend {event.number} sends it again."
    return [[piece(text, Style.ERROR)]]
