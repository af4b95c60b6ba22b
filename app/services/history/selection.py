"""The criteria that select the history to read."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement

from app.wire.names import Key


@dataclass(frozen=True, slots=True)
class HistorySelection:
    """The criteria that select the history to read.

    `rooms` is None for all rooms; `direct` adds private conversations, and `events` adds events
    other than messages. `since` and `until` are inclusive, in milliseconds since the Unix epoch;
    `after` is a log position, exclusive; `condition` is a
    further condition on the rows of the log.
    """

    rooms: tuple[int, ...] | None = None
    user: Key | None = None
    since: int | None = None
    until: int | None = None
    events: bool = False
    direct: bool = False
    after: int | None = None
    condition: ColumnElement[bool] | None = None
