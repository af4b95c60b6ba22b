"""The table of projections: what brings the tables up to date after an event of a kind."""

from collections.abc import Callable

from sqlalchemy import Connection

from app.events import Event, Kind

Projection = Callable[[Connection, Event], None]
PROJECTIONS: dict[Kind, tuple[Projection, ...]] = {}


def projects(kind: Kind) -> Callable[[Projection], Projection]:
    """Declare what brings the tables up to date after an event of this kind; several may each do their part."""

    def declare(projection: Projection) -> Projection:
        PROJECTIONS[kind] = (*PROJECTIONS.get(kind, ()), projection)
        return projection

    return declare
