"""The keys of rooms (+k), which the log omits."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from app.db.models import RoomRow
from app.events import Event, Kind, RoomKey
from app.events.data import ModeData, ModeRow
from app.wire.modes import ModeChange, format_changes


def restore_room_keys(connection: Connection, events: Iterable[Event]) -> None:
    """Add the current key (+k) of the room to mode changes read from the log, which omits keys."""
    for event in events:
        if event.kind is Kind.MODE:
            key = connection.scalar(select(RoomRow.password).where(RoomRow.id == event.room))
            event.secret = RoomKey(key, _mode_words(ModeData.of(event).changes, key))


def _mode_words(changes: Iterable[ModeRow], key: str | None) -> str:
    """Return the parameters of a MODE command, with the key of the room where it is set."""
    restored = (
        ModeChange(sign, letter, key or argument if (sign, letter) == ("+", "k") else argument)
        for sign, letter, argument, _ in changes
    )
    return " ".join(format_changes(restored))
