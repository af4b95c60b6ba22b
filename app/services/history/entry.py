"""An entry of the history, as exports and `chat-admin` show it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from app.events import MESSAGES, EventData, Kind, msgid
from app.events.data import MessageData, ModeData, ModeRow, RenamedData, from_json

REPLY_TAG = "+draft/reply"


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """A message or other event of the history.

    `heading` is the name of the room or private conversation; `room` is None in the latter case.
    `reply_to` is the id of the message that this one answers.
    """

    id: str
    at: int
    heading: str
    room: str | None
    kind: Kind
    nick: str
    account: str | None
    target: str | None
    text: str
    reply_to: str | None = None

    @property
    def is_message(self) -> bool:
        """Whether the entry is a message rather than another event."""
        return self.kind in MESSAGES


def make_entry(row: Row[Any], room: str | None, heading: str) -> HistoryEntry:
    """Return the entry of a row of the log, in a room or below another heading."""
    kind = Kind(row.kind)
    data = from_json(kind, row.data)
    return HistoryEntry(
        id=msgid(row.id),
        at=row.at,
        heading=heading,
        room=room,
        kind=kind,
        nick=_author(data) or row.nick,
        account=row.account,
        target=row.target,
        text=_text(row, data),
        reply_to=(data.tags or {}).get(REPLY_TAG) if data else None,
    )


def _author(data: EventData | None) -> str | None:
    """Return the original author of an imported message, if stored, or None."""
    return data.author if isinstance(data, MessageData) else None


def _text(row: Row[Any], data: EventData | None) -> str:
    """Return the text of an entry: the message, the mode changes, or the room's new name."""
    if isinstance(data, ModeData):
        return format_modes(data.changes)
    return data.to if isinstance(data, RenamedData) else row.text or ""


def format_modes(changes: Iterable[ModeRow]) -> str:
    """Format mode changes as `+o anna -k *`, replacing a room's key with `*`."""
    formatted = []
    for sign, letter, argument, *_ in changes:
        displayed = "*" if letter == "k" else argument
        formatted.append(f"{sign}{letter}" if displayed is None else f"{sign}{letter} {displayed}")
    return " ".join(formatted)
