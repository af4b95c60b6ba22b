"""Placeholders for the secrets of events, which are in the tables but never in the log."""

from app.events import Applicant, Event, Kind, PasswordHashes, RoomKey
from app.events.data import ModeData

PLACEHOLDER = "*"
_CREDENTIALS = PasswordHashes("", "", "")


def add_placeholder(event: Event) -> Event:
    """Add a placeholder for the secret of an event that has one, and return the event."""
    if event.kind is Kind.REGISTERED:
        event.secret = _CREDENTIALS
    elif event.kind is Kind.APPLIED:
        event.secret = Applicant(_CREDENTIALS, "")
    elif event.kind is Kind.MODE:
        event.secret = RoomKey(_find_key(event), "")
    return event


def _find_key(event: Event) -> str | None:
    """Return a placeholder if the last change of the room's key set one."""
    signs = [sign for sign, letter, *_ in ModeData.of(event).changes if letter == "k"]
    return PLACEHOLDER if signs and signs[-1] == "+" else None
