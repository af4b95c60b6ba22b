"""The types of projections: functions that bring the tables up to date with events of one kind."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from app.events import Event

Projection = Callable[[Connection, Event], None]
BatchProjection = Callable[[Connection, Sequence[Event]], None]
