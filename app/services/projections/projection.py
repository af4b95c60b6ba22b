"""The types of the functions that update the tables from events of one kind."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from app.events import Event

Projection = Callable[[Connection, Event], None]
BatchProjection = Callable[[Connection, Sequence[Event]], None]
