"""Describes events in words, for the entries that are not messages."""

from app.client.display import event_text, status_text
from app.client.display.event_text import DisplayContext, Formatters
from app.client.protocol.events import ClientEvent

FORMATTERS: Formatters = {**event_text.FORMATTERS, **status_text.FORMATTERS}


def describe(event: ClientEvent, context: DisplayContext) -> list[str]:
    """Return the lines of text of an event, without its time."""
    formatter = FORMATTERS.get(type(event))
    lines = formatter(event, context) if formatter else []
    has_time = getattr(event, "at", None) is not None
    texts = []
    for line in lines:
        pieces = line[1:] if has_time and line and line[0].text.startswith("[") else line
        texts.append("".join(piece.text for piece in pieces))
    return texts
