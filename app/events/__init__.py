"""Events: the only values that change the chat, and the rows of the log."""

from app.events.event import (
    MESSAGES,
    ROOM_EVENTS,
    TRANSIENT_TAGS,
    Event,
    EventData,
    get_secret,
    is_transient,
    msgid,
    parse_msgid,
)
from app.events.kinds import Kind
from app.events.secrets import Applicant, PasswordHashes, RoomKey, Secret

__all__ = [
    "MESSAGES",
    "ROOM_EVENTS",
    "TRANSIENT_TAGS",
    "Applicant",
    "Event",
    "EventData",
    "Kind",
    "PasswordHashes",
    "RoomKey",
    "Secret",
    "get_secret",
    "is_transient",
    "msgid",
    "parse_msgid",
]
