"""The tables of projections: what brings the database's tables up to date after an event of a kind.

People come and enter rooms in storms. What follows from such events in a row, the `ENTERING`, is done together, a
kind after the other: who comes in a storm may enter rooms in it, and nobody enters a room and comes then.
"""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from app.events import Event, Kind

Projection = Callable[[Connection, Event], None]
PROJECTIONS: dict[Kind, tuple[Projection, ...]] = {}
Gathering = Callable[[Connection, Sequence[Event]], None]
ENTERING: dict[Kind, list[Gathering]] = {Kind.CONNECTED: [], Kind.JOINED: []}


def projects(kind: Kind) -> Callable[[Projection], Projection]:
    """Declare what brings the tables up to date after an event of this kind; several may each do their part."""

    def declare(projection: Projection) -> Projection:
        PROJECTIONS[kind] = (*PROJECTIONS.get(kind, ()), projection)
        return projection

    return declare


def gathers(kind: Kind) -> Callable[[Gathering], Gathering]:
    """Declare what brings the tables up to date after several events of this kind, which is one of the `ENTERING`."""

    def declare(gathering: Gathering) -> Gathering:
        ENTERING[kind].append(gathering)
        return gathering

    return declare
