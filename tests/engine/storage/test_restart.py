"""After a restart the tables restore the same world."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.commands.sessions.always_on import stays_connected
from app.db.database import Database
from app.db.log_page import read_after
from app.db.models import EventRow, MembershipRow, SessionRow
from app.engine.reducers.table import REDUCERS
from app.engine.world.world import World
from tests.conftest import MovedClock
from tests.engine.account_clients import PASSWORD
from tests.engine.attacks.test_fuzz import no_faults
from tests.engine.deeds import DEEDS, WHO, do
from tests.engine.harness import EngineHarness
from tests.engine.world_state import lasting


@contextmanager
def new_bench() -> Iterator[EngineHarness]:
    with tempfile.TemporaryDirectory() as folder:
        bench = EngineHarness.fresh(Path(folder) / "chat.db", MovedClock(), auto_join=["#all"])
        yield bench
        bench.close()


def here(world: World) -> dict[int, tuple[str, str | None]]:
    """Return the connected users of the world."""
    return {user.session: (user.nick, user.account and user.account.name) for user in world.users.values()}  # type: ignore[misc]


def connected(database: Database) -> dict[int, tuple[str, str | None]]:
    """Return the connected users of the session table."""
    with database.reading() as session:
        rows = session.scalars(select(SessionRow).where(SessionRow.disconnected.is_(None)))
        return {row.id: (row.nick, row.account) for row in rows}


def members(world: World) -> dict[tuple[int, int], str]:
    """Return memberships and roles of the world."""
    return {
        (session, room.id): "".join(sorted(member.roles))
        for room in world.rooms.values()
        for session, member in room.members.items()
    }


def stored_members(database: Database) -> dict[tuple[int, int], str]:
    """Return memberships and roles of the membership table."""
    with database.reading() as session:
        return {(row.session_id, row.room_id): row.roles for row in session.scalars(select(MembershipRow))}


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(deeds=st.lists(st.tuples(WHO, DEEDS), max_size=40))
@example(
    deeds=[
        ("anna", "connect"),
        ("anna", "REGISTER * * :" + PASSWORD),
        ("anna", "JOIN #tea"),
        ("anna", "LOGOUT"),
    ]
)
def test_a_restart_restores_the_persistent_world(cheap_hashing: None, deeds: list[tuple[str, str]]) -> None:
    with new_bench() as bench, no_faults():
        for name, deed in deeds:
            do(bench, name, deed)
        bench.dial("passer").send("CAP END", "QUIT")
        assert connected(bench.database) == here(bench.core.runtime.world)
        assert stored_members(bench.database) == members(bench.core.runtime.world)
        present = members(bench.core.runtime.world)
        staying = {
            user.session
            for user in bench.core.runtime.world.users.values()
            if stays_connected(bench.core.runtime, user)
        }
        before = lasting(bench.core.runtime.world)
        assert without_keys(lasting(replayed(bench))) == without_keys(before)
        bench.restart()
        assert lasting(bench.core.runtime.world) == before
        after = bench.core.runtime.world
        assert connected(bench.database) == here(after)
        assert {
            user.session for user in after.users.values() if after.find_user(user.nick) is user
        } == staying
        assert {place: roles for place, roles in present.items() if place[0] in staying} == members(after)
        assert is_whole(bench.database)


def replayed(bench: EngineHarness) -> World:
    """Return the world rebuilt from the whole log."""
    world = World(bench.clock, "main", replay=0, reducers=REDUCERS)
    with bench.database.engine.connect() as connection:
        for event in read_after(connection, 0, 1_000_000).events:
            world.apply(event)
    return world


def without_keys(found: dict[str, object]) -> dict[str, object]:
    """Return persistent state without channel keys, which are not in the log."""
    rooms = found["rooms"]
    assert isinstance(rooms, dict)
    return found | {
        "rooms": {room: ((*about[:4], about[5]), *rest) for room, (about, *rest) in rooms.items()}
    }


def is_whole(database: Database) -> bool:
    """Whether event ids are contiguous and times increase within each room."""
    with database.reading() as session:
        rows = session.execute(select(EventRow.id, EventRow.room_id, EventRow.at).order_by(EventRow.id)).all()
    latest: dict[int | None, int] = {}
    for number, (position, room, at) in enumerate(rows, 1):
        if position != number or (room is not None and at <= latest.get(room, 0)):
            return False
        latest[room] = at
    return True
