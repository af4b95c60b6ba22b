"""Describes events in words, for the entries that are not messages."""

from dataclasses import replace

from app.client.display import event_text, status_text
from app.client.display.event_text import DisplayContext, Formatters
from app.client.protocol.events import ClientEvent

FORMATTERS: Formatters = {**event_text.FORMATTERS, **status_text.FORMATTERS}


def describe(event: ClientEvent, context: DisplayContext) -> list[str]:
    """Return the lines of text of an event, without its own time."""
    formatter = FORMATTERS.get(type(event))
    if formatter is None:
        return []
    has_own_time = getattr(event, "at", None) is not None
    lines = formatter(event, replace(context, has_timestamps=not has_own_time))
    return ["".join(piece.text for piece in line) for line in lines]
