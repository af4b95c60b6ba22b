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
from app.db.log import read_after
from app.db.models import EventRow, MembershipRow, SessionRow
from app.engine.reducers.table import REDUCERS
from app.engine.world.room import Room
from app.engine.world.world import World
from app.events import Event, Kind, PasswordHashes
from app.events.data import BannedData, CreatedData, RevokedData
from app.services.accounts.accounts import account_change_event, find_account, registration_event
from app.services.rooms.rooms import find_room
from app.wire.names import fold
from tests.conftest import MovedClock
from tests.engine.account_clients import PASSWORD, plain
from tests.engine.attacks.test_fuzz import no_faults
from tests.engine.harness import EngineHarness, HarnessClient
from tests.story import record_now

PEOPLE = ("anna", "bob", "Анна", "carol")
ROOMS = ("#tea", "#Tea", "#чай", "#all")
WHO = st.sampled_from(PEOPLE)
WHERE = st.sampled_from(ROOMS)
MODES = st.sampled_from(
    "+i -i +k:key -k:* +l:5 -l +m-t +s +b:evil!*@* -b:evil!*@* +e:*!*@good +I:anna +oo:anna,bob -o:anna +v:Анна "
    "-v:carol +bk-l:a,b +R+C -bo:evil!*@*,bob +H +W:5 -W +g:word -g:word +b:~a:anna +e:~m:bob".split(" ")
)
TEXTS = st.sampled_from(["", "hi", "привет", "x" * 300])
METADATA = st.sampled_from(["SET color red", "SET color", "SET avatar :a b", "SET avatar x", "CLEAR"])


def command(verb: str, *words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*words).map(lambda found: " ".join((verb, *found)))


def _mode(found: tuple[str, str]) -> str:
    letters, _, arguments = found[1].partition(":")
    return f"MODE {found[0]} {letters} {arguments.replace(',', ' ')}"


LINES = st.one_of(
    command("JOIN", WHERE),
    command("JOIN", WHERE, st.just("key")),
    command("PART", WHERE),
    command("NICK", WHO | st.just("evil")),
    command("RENAME", WHERE, WHERE),
    command("TOPIC", WHERE, TEXTS.map(":".__add__)),
    command("PRIVMSG", WHERE | WHO, TEXTS.map(":".__add__)),
    command("KICK", WHERE, WHO),
    command("INVITE", WHO, WHERE),
    command("METADATA", st.just("*") | WHO | WHERE, METADATA),
    command("REGISTER", WHO | st.just("*"), st.just("*"), st.just(PASSWORD)),
    WHO.map(lambda name: "\r\n".join(("AUTHENTICATE PLAIN", *plain(name)))),
    st.tuples(WHERE, MODES).map(_mode),
    st.sampled_from(["LOGOUT", "QUIT", "JOIN 0", "MODE evil -i", "AWAY", "AWAY :tea", "NS SET ALWAYS-ON on"]),
)
DEEDS = st.one_of(
    st.sampled_from(["connect", "hang up"]),
    st.sampled_from(["admin", "user", "disable", "enable", "ban", "unban", "create", "rename"]),
    LINES,
    LINES,
    LINES,
)


@contextmanager
def new_bench() -> Iterator[EngineHarness]:
    with tempfile.TemporaryDirectory() as folder:
        bench = EngineHarness.fresh(Path(folder) / "chat.db", MovedClock(), auto_join=["#all"])
        yield bench
        bench.close()


def do(bench: EngineHarness, name: str, deed: str) -> None:
    """Perform an action of a user, or of an administrator beside the server."""
    person = bench.people.get(name)
    if deed in ("admin", "user", "disable", "enable", "ban", "unban", "create"):
        administer(bench, name, deed)
    elif deed == "connect" or person is None or person.client.is_closed:
        bench.people[name] = arrive(bench, name)
    elif deed == "hang up":
        person.hang_up()
    else:
        person.send_bytes(f"{deed}\r\n".encode())


def arrive(bench: EngineHarness, name: str) -> HarnessClient:
    """Open a connection: as a new user, a device of one, or unregistered."""
    person = bench.dial(name)
    person.send("CAP REQ :sasl labeled-response", "AUTHENTICATE PLAIN", *plain(name))
    person.send(f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END")
    return person


def administer(bench: EngineHarness, name: str, deed: str) -> None:
    """Append events as `chat-admin` does; the server reads them with the next cycle."""
    record_now(bench.database, bench.clock, list(_decided(bench, name, deed)))


def _decided(bench: EngineHarness, name: str, deed: str) -> Iterator[Event]:
    with bench.database.reading() as session:
        account = find_account(session, fold(name))
        if deed == "create" and account is None:
            yield registration_event(bench.clock, name, PasswordHashes("$none", "4096$eA==$eA==$eA=="))
        elif deed == "create" and find_room(session, "#made") is None:
            data = CreatedData("nt", official=True, founder=None)
            yield Event(Kind.CREATED, room=bench.clock.new_id(), nick="root", target="#made", data=data)
        elif deed in ("admin", "user") and account is not None:
            yield account_change_event(account, "root", role=deed)
        elif deed in ("disable", "enable") and account is not None:
            yield account_change_event(account, "root", disabled=deed == "disable")
        elif deed == "ban":
            data = BannedData(bench.clock.new_id(), "nick", None)
            yield Event(Kind.BANNED, nick="root", target=f"{name}*!*@*", text="enough", data=data)
        elif deed == "unban":
            for ban in bench.core.runtime.world.bans.active():
                yield Event(Kind.UNBANNED, nick="root", target=ban.mask, data=RevokedData(ban.id))


def lasting(world: World) -> dict[str, object]:
    """Return all persistent state of the world."""
    return {
        "rooms": {room.id: _room(room) for room in world.rooms.values()},
        "keys": {key: room.id for key, room in world.room_keys.items()},
        "accounts": {
            key: (a.id, a.name, a.role, a.disabled, a.metadata) for key, a in world.accounts.items()
        },
        "bans": dict(world.bans.by_id),
    }


def _room(room: Room) -> object:
    """Return a room without its members. A role granted and revoked leaves no entry."""
    roles = {account: roles for account, roles in room.roles.items() if roles}
    lists = {
        letter: {mask: entry.by for mask, entry in found.items()} for letter, found in room.lists.items()
    }
    about = (
        room.name,
        room.key,
        room.official,
        room.modes,
        room.password,
        room.limit,
        room.slow_mode_seconds,
    )
    return (
        about,
        room.metadata,
        (room.topic, room.topic_by, room.topic_at // 1000, room.created // 1000),
        roles,
        lists,
    )


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
        for event in read_after(connection, 0, 1_000_000):
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
