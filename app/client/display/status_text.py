"""Formats events about the connection, login and account registration as text."""

from app.client.display.display_context import DisplayContext, Formatters, Lines, dim_line, error_line
from app.client.display.style import Style, piece
from app.client.protocol import events
from app.client.protocol.events import Phase
from app.text.counts import count_of


def phase_changed(event: events.PhaseChanged, context: DisplayContext) -> Lines:
    """Format a phase change; REGISTERING is not shown."""
    match event.phase:
        case Phase.CONNECTING:
            return dim_line(f"Connecting to {event.detail} …")
        case Phase.ONLINE:
            return [[piece(f"Connected as {event.detail}.", Style.GOOD)]]
        case Phase.LOST:
            return [[piece(f"Connection lost: {event.detail}", Style.ERROR)]]
        case Phase.RECONNECTING:
            seconds = max(1, round(event.retry_seconds))
            return dim_line(f"{event.detail} Reconnecting in {seconds} s.".strip())
        case _:
            return []


def resumed(event: events.Resumed, context: DisplayContext) -> Lines:
    """Format the end of a catch-up, with the number of missed messages."""
    if event.missed is None:
        text = "Reconnected. The server cannot provide the messages you missed."
    elif event.missed == 0:
        text = "Reconnected. You missed no messages."
    else:
        text = f"Reconnected. You missed {count_of(event.missed, 'message')}."
    return [[piece(text, Style.GOOD)]]


def nick_refused(event: events.NickRefused, context: DisplayContext) -> Lines:
    """Format the refusal of the chosen nick."""
    return [[piece(f"Cannot use the name {event.nick}: {event.reason.rstrip('.')}.", Style.BOLD)]]


def nick_unregistered(event: events.NickUnregistered, context: DisplayContext) -> Lines:
    """Format the notice that the chosen nick is not registered."""
    return [[piece(f"{event.nick} is not registered, so you are a guest.", Style.BOLD)]]


def logged_in(event: events.LoggedIn, context: DisplayContext) -> Lines:
    """Format a login."""
    return [[piece(f"Logged in as {event.account}.", Style.GOOD)]]


def logged_out(event: events.LoggedOut, context: DisplayContext) -> Lines:
    """Format a logout."""
    return dim_line("Logged out.")


def login_failed(event: events.LoginFailed, context: DisplayContext) -> Lines:
    """Format a failed login."""
    return error_line(f"Cannot log in as {event.account}: {event.reason}")


def registered(event: events.Registered, context: DisplayContext) -> Lines:
    """Format the registration of our account."""
    text = f"Registered {event.account}. You will be asked for the password next time."
    return [[piece(text, Style.GOOD)]]


def registration_failed(event: events.RegistrationFailed, context: DisplayContext) -> Lines:
    """Format a failed registration."""
    return error_line(f"Cannot register: {event.reason}")


FORMATTERS: Formatters = {
    events.PhaseChanged: phase_changed,
    events.Resumed: resumed,
    events.NickRefused: nick_refused,
    events.NickUnregistered: nick_unregistered,
    events.LoggedIn: logged_in,
    events.LoggedOut: logged_out,
    events.LoginFailed: login_failed,
    events.Registered: registered,
    events.RegistrationFailed: registration_failed,
}
