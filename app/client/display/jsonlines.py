"""Exports events as JSON Lines, for programs that read the output."""

import json

from app.client.protocol import events
from app.clock import to_iso
from app.text.sanitise import escape_hidden

# For each exported kind of event: the value of `type`, and the event's attribute for each key.
FIELDS: dict[type[events.ClientEvent], tuple[str, dict[str, str]]] = {
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
            "reply_to": "reply_to",
        },
    ),
    events.Reaction: (
        "react",
        {
            "room": "room",
            "from": "author",
            "text": "reaction",
            "msgid": "msgid",
            "direct": "is_direct",
            "mine": "is_mine",
            "reply_to": "reply_to",
        },
    ),
    events.Redacted: (
        "redact",
        {
            "room": "room",
            "from": "by",
            "text": "reason",
            "msgid": "msgid",
            "direct": "is_direct",
            "mine": "is_mine",
        },
    ),
    events.Joined: ("join", {"room": "room", "from": "nick", "account": "account"}),
    events.Parted: ("part", {"room": "room", "from": "nick", "text": "reason"}),
    events.Kicked: ("kick", {"room": "room", "from": "by", "nick": "nick", "text": "reason"}),
    events.Quit: ("quit", {"from": "nick", "text": "reason"}),
    events.Renamed: ("nick", {"from": "old", "text": "new"}),
    events.TopicChanged: ("topic", {"room": "room", "from": "by", "text": "topic"}),
    events.ModeChanged: ("mode", {"room": "target", "from": "by", "text": "modes"}),
}


def to_json(event: events.ClientEvent) -> str | None:
    """Return an event as one line of JSON, or None if its kind is not exported."""
    entry = FIELDS.get(type(event))
    if entry is None:
        return None
    kind, fields = entry
    row = {"type": _type_of(event, kind), "at": to_iso(getattr(event, "at", 0))}
    row |= {key: getattr(event, attribute) for key, attribute in fields.items()}
    return escape_hidden(json.dumps(row, ensure_ascii=False))


def _type_of(event: events.ClientEvent, kind: str) -> str:
    if isinstance(event, events.Reaction) and event.is_removed:
        return "unreact"
    if not isinstance(event, events.Message):
        return kind
    return "notice" if event.is_notice else "action" if event.is_action else kind
