"""Events that are not stored, as text that one server sends to the others."""

import json

from app.db.notifications import MAX_PAYLOAD_BYTES
from app.events import Event, Kind
from app.events.data import from_json, to_json

_FIELDS = ("room", "conversation", "session", "nick", "user", "host", "account", "target", "text", "at")


def encode_transient(node: str, event: Event) -> str | None:
    """Return the payload for an event of a node, or None if it is too long to be sent."""
    data = None if event.data is None else to_json(event.data)
    values = [node, event.kind.value, *(getattr(event, field) for field in _FIELDS), data]
    payload = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return payload if len(payload.encode()) <= MAX_PAYLOAD_BYTES else None


def decode_transient(payload: str) -> tuple[str, Event]:
    """Return the node that sent an event, and the event.

    Raises: ValueError if the payload is malformed.
    """
    values = json.loads(payload)
    if not isinstance(values, list) or len(values) != len(_FIELDS) + 3:
        raise ValueError(f"not a transient event: {payload[:80]}")
    node, name, *fields, data = values
    kind = Kind(name)
    event = Event(kind, **dict(zip(_FIELDS, fields, strict=True)), data=from_json(kind, data))
    return str(node), event
