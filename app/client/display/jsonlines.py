"""Events as one JSON object a line, for programs that read them."""

import json

from app.client.display.sanitise import escape_hidden
from app.client.protocol import events
from app.clock import to_iso

# For each kind of event: the name of its type, and which attribute stands under which key.
COLUMNS: dict[type[events.ClientEvent], tuple[str, dict[str, str]]] = {
    events.Message: (
        "message",
        {
            "room": "room",
            "from": "author",
            "text": "text",
            "msgid": "msgid",
            "account": "account",
            "direct": "is_direct",
            "mine": "is_mine",
        },
    ),
    events.Joined: ("join", {"room": "room", "from": "nick", "account": "account"}),
    events.Parted: ("part", {"room": "room", "from": "nick", "text": "reason"}),
    events.Kicked: ("kick", {"room": "room", "from": "by", "nick": "nick", "text": "reason"}),
    events.Left: ("quit", {"from": "nick", "text": "reason"}),
    events.Renamed: ("nick", {"from": "old", "text": "new"}),
    events.TopicChanged: ("topic", {"room": "room", "from": "by", "text": "topic"}),
    events.ModeChanged: ("mode", {"room": "target", "from": "by", "text": "modes"}),
}


def to_json(event: events.ClientEvent) -> str | None:
    """Return the line for an event, or None for what programs do not need."""
    known = COLUMNS.get(type(event))
    if known is None:
        return None
    kind, columns = known
    row = {"type": _kind(event, kind), "at": to_iso(getattr(event, "at", 0))}
    row |= {key: getattr(event, attribute) for key, attribute in columns.items()}
    return escape_hidden(json.dumps(row, ensure_ascii=False))


def _kind(event: events.ClientEvent, kind: str) -> str:
    """Return the type of an event; messages have three."""
    if not isinstance(event, events.Message):
        return kind
    return "notice" if event.is_notice else "action" if event.is_action else kind
