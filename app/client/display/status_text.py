"""What the state of connection and log-in says to a person, as pieces of text."""

from app.client.display.event_text import DisplayContext, Lines, says
from app.client.display.style import Style, piece
from app.client.protocol import events
from app.client.protocol.events import Phase


@says(events.StateChanged)
def state_changed(event: events.StateChanged, view: DisplayContext) -> Lines:
    """Where the connection is."""
    match event.phase:
        case Phase.CONNECTING:
            return [[piece(f"Connecting to {event.detail} …", Style.DIM)]]
        case Phase.ONLINE:
            return [[piece(f"Connected as {event.detail}.", Style.GOOD)]]
        case Phase.LOST:
            return [[piece(f"Connection lost: {event.detail}", Style.ERROR)]]
        case Phase.RECONNECTING:
            wait = max(1, round(event.wait))
            return [[piece(f"{event.detail} Trying again in {wait} s.".strip(), Style.DIM)]]
        case _:
            return []


@says(events.Resumed)
def resumed(event: events.Resumed, view: DisplayContext) -> Lines:
    """What was missed."""
    if event.missed is None:
        return [[piece("Connected again; what was missed cannot be told.", Style.GOOD)]]
    count = {0: "no missed messages", 1: "1 missed message"}.get(
        event.missed, f"{event.missed} missed messages"
    )
    return [[piece(f"Resumed, {count}.", Style.GOOD)]]


@says(events.NickRefused)
def nick_refused(event: events.NickRefused, view: DisplayContext) -> Lines:
    """The name belongs to an account, or somebody has it now."""
    return [[piece(f"You cannot be {event.nick} yet: {event.reason}.", Style.BOLD)]]


@says(events.NickFree)
def nick_free(event: events.NickFree, view: DisplayContext) -> Lines:
    """The name belongs to nobody."""
    return [[piece(f"{event.nick} is not registered: you are a guest.", Style.BOLD)]]


@says(events.LoggedIn)
def logged_in(event: events.LoggedIn, view: DisplayContext) -> Lines:
    """The log-in worked."""
    return [[piece(f"Logged in as {event.account}.", Style.GOOD)]]


@says(events.LoggedOut)
def logged_out(event: events.LoggedOut, view: DisplayContext) -> Lines:
    """No account any more."""
    return [[piece("Logged out.", Style.DIM)]]


@says(events.LoginFailed)
def login_failed(event: events.LoginFailed, view: DisplayContext) -> Lines:
    """The log-in did not work."""
    return [[piece(f"! Not logged in as {event.account}: {event.reason}", Style.ERROR)]]


@says(events.Registered)
def registered(event: events.Registered, view: DisplayContext) -> Lines:
    """An account was made."""
    text = f"{event.account} is registered and yours. Next time you are asked for the password."
    return [[piece(text, Style.GOOD)]]


@says(events.RegistrationFailed)
def registration_failed(event: events.RegistrationFailed, view: DisplayContext) -> Lines:
    """No account was made."""
    return [[piece(f"! Not registered: {event.reason}", Style.ERROR)]]
