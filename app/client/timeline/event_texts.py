"""Describes events in words, for the entries that are not messages.

An event of a room is shown in the timeline of that room, so its text does not name the room.
"""

from dataclasses import replace

from app.client.display import event_text, status_text
from app.client.display.display_context import DisplayContext, Formatters, Lines
from app.client.display.style import piece
from app.client.protocol.channel_view import ROOM_PREFIXES
from app.client.protocol.events import ClientEvent, ModeChanged, TopicChanged


def _describe_topic(event: TopicChanged, context: DisplayContext) -> Lines:
    if not event.by:
        return [[piece(f"Topic: {event.topic}" if event.topic else "There is no topic.")]]
    change = f"set the topic: {event.topic}" if event.topic else "removed the topic"
    return [[piece(f"{event.by} {change}")]]


def _describe_mode(event: ModeChanged, context: DisplayContext) -> Lines:
    if event.target[:1] in ROOM_PREFIXES:
        return [[piece(f"{event.by} set mode {event.modes}")]]
    return event_text.mode_changed(event, context)


FORMATTERS: Formatters = {
    **event_text.FORMATTERS,
    **status_text.FORMATTERS,
    TopicChanged: _describe_topic,
    ModeChanged: _describe_mode,
}


def describe(event: ClientEvent, context: DisplayContext) -> list[str]:
    """Return the lines of text of an event, without its own time."""
    formatter = FORMATTERS.get(type(event))
    if formatter is None:
        return []
    has_own_time = getattr(event, "at", None) is not None
    lines = formatter(event, replace(context, has_timestamps=not has_own_time))
    return ["".join(piece.text for piece in line) for line in lines]
