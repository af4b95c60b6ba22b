"""The engine removes expired history between its batches, and users see how long it is kept."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app.db.models import Base, EventRow
from app.engine.upkeep import space as space_upkeep
from app.engine.upkeep.retention import MIN_PAUSE_SECONDS, PASS_SECONDS
from app.events import Event, Kind
from app.services.administration import audit
from app.services.administration.admin_changes import AdminChange, Administrator, apply_admin_change
from app.services.retention import administration
from app.services.retention.expiry import MAX_STEP_EVENTS
from app.services.retention.notices import EXPIRED_TEXT
from app.services.retention.policies import DAY_MILLISECONDS, RetentionDefaults
from app.services.retention.runs import run
from tests.engine.account_clients import account, enter
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.rehashing import File
from tests.engine.scenes import gather
from tests.story import record_now

KEEP = RetentionDefaults(0, 0)
SECRET = "the cellar key is under the third flowerpot"


@pytest.fixture
def bench(make_bench: MakeBench) -> EngineHarness:
    """A server that keeps the history of rooms for 30 days, and private messages for 7."""
    return make_bench(retention_days=30, direct_retention_days=7, ping_interval=86400)


def days_pass(bench: EngineHarness, days: int) -> None:
    """Let days pass in which the clients answered every PING."""
    bench.clock.instant += days * DAY_MILLISECONDS
    for person in bench.people.values():
        person.client.last_received = bench.clock.monotonic()


def rest(bench: EngineHarness, cycles: int = 40) -> list[int]:
    """Let the engine idle for one pass and more; return the number of events after each cycle."""
    bench.clock.instant += int(PASS_SECONDS * 1000)
    numbers = []
    for _ in range(cycles):
        bench.core.engine.cycle(bench.core.engine._waiting.drain())
        bench.clock.instant += int(max(MIN_PAUSE_SECONDS, space_upkeep.STEP_SECONDS) * 1000)
        numbers.append(count_events(bench))
    return numbers


def count_events(bench: EngineHarness) -> int:
    with bench.database.engine.connect() as connection:
        return connection.scalar(select(func.count()).select_from(EventRow)) or 0


def administer(bench: EngineHarness, change: object, *details: object) -> None:
    """Change retention as `chat-admin` does, and let the server notice it."""

    def decide(admin: Administrator) -> AdminChange:
        return change(admin, *details, KEEP)  # type: ignore[operator, no-any-return]

    apply_admin_change(bench.database, bench.clock, "admin:me", "irc.example", decide)
    bench.clock.instant += 300
    bench.core.engine.cycle([])


def texts(bench: EngineHarness) -> list[str | None]:
    with bench.database.engine.connect() as connection:
        spoken = select(EventRow.text).where(EventRow.kind == "privmsg").order_by(EventRow.id)
        return list(connection.scalars(spoken))


def tables(bench: EngineHarness) -> dict[str, list[object]]:
    """Return the contents of the tables that describe the current state."""
    names = ("room", "session", "membership", "room_stay", "last_visit", "read_marker", "account")
    with bench.database.engine.connect() as connection:
        return {
            name: sorted(connection.execute(select(Base.metadata.tables[name])), key=str) for name in names
        }


def describe_rooms(bench: EngineHarness) -> dict[str, object]:
    """Return what the world knows about each room."""
    return {
        room.name: (room.topic, room.mode_words(show_key=True), room.lists["b"].keys(), room.roles)
        for room in bench.core.runtime.world.rooms.values()
    }


def test_the_engine_removes_expired_history_in_small_steps(bench: EngineHarness) -> None:
    (anna,) = gather(bench, "#tea", "anna")
    for _ in range(3):
        anna.send(*(f"PRIVMSG #tea :said {number}" for number in range(MAX_STEP_EVENTS)))
    before = count_events(bench)
    days_pass(bench, 40)
    anna.send("PRIVMSG #tea :today")
    numbers = [before + 1, count_events(bench), *rest(bench)]
    removed = [before - after for before, after in pairwise(numbers)]
    assert max(removed) == MAX_STEP_EVENTS
    assert removed.count(MAX_STEP_EVENTS) == 3
    assert texts(bench) == ["today"]
    with bench.database.reading() as session:
        (entry,) = audit.find_latest_entries(session, 9)
    assert (entry.actor, entry.action) == ("irc.example", "retention.run")
    assert entry.detail["events"] == 3 * MAX_STEP_EVENTS + 2  # with the creation and one join


def test_private_messages_have_a_limit_of_their_own(bench: EngineHarness) -> None:
    anna, _ = gather(bench, "#tea", "anna", "bob")
    anna.send("PRIVMSG bob :psst", "PRIVMSG #tea :hello")
    days_pass(bench, 9)
    anna.send("PRIVMSG #tea :today")
    rest(bench)
    assert texts(bench) == ["hello", "today"]


def test_a_server_without_limits_removes_nothing(make_bench: MakeBench) -> None:
    bench = make_bench(ping_interval=86400)
    (anna,) = gather(bench, "#tea", "anna")
    anna.send("PRIVMSG #tea :hello")
    days_pass(bench, 4000)
    before = count_events(bench)
    assert set(rest(bench)) == {before}


def test_state_is_the_same_before_and_after(bench: EngineHarness) -> None:
    account(bench, "Anna")
    anna = enter(bench, "anna", "Anna")
    bob = bench.connect("bob")
    anna.send("JOIN #tea,#milk", "TOPIC #tea :Assam", "MODE #tea +mk key", "MODE #tea +b *!*@spam.example")
    bob.send("JOIN #tea key", "PRIVMSG #tea :hi", "PART #tea", "JOIN #tea key")
    anna.send("MODE #tea +v bob", "PRIVMSG #tea :welcome", "PRIVMSG bob :psst")
    bob.hang_up()
    days_pass(bench, 40)
    anna.send("PRIVMSG #milk :today")
    known = tables(bench)
    known_rooms = describe_rooms(bench)
    assert min(rest(bench)) < 12
    assert tables(bench) == known
    bench.restart()
    assert describe_rooms(bench) == known_rooms


def test_messages_in_memory_expire_too(bench: EngineHarness) -> None:
    anna, bob = gather(bench, "#tea", "anna", "bob")
    anna.send("PRIVMSG #tea :long ago")
    bob.send("PART #tea")
    days_pass(bench, 40)
    anna.send("PRIVMSG #tea :today")
    rest(bench)
    said = bob.ask("JOIN #tea")
    assert not any("long ago" in line for line in said)
    assert any("today" in line for line in said)


def test_members_see_how_long_history_is_kept(make_bench: MakeBench) -> None:
    bench = make_bench(ping_interval=86400)
    anna, bob = gather(bench, "#tea", "anna", "bob")
    administer(bench, administration.set_days, "#tea", 90)
    bench.play("anna < :irc.example NOTICE #tea :The history of #tea is kept for 90 days.")
    administer(bench, administration.hold, "#tea", "court order")
    hold = "The history of #tea is kept for 90 days. Deletion is suspended: court order"
    bench.play(f"anna < :irc.example NOTICE #tea :{hold}")
    bob.send("PART #tea")
    assert f":irc.example NOTICE #tea :{hold}" in bob.ask("JOIN #tea")
    notices = [
        line.split(" :", 1)[1] for line in anna.ask("PRIVMSG HistServ :RETENTION") if " NOTICE anna" in line
    ]
    assert notices == [hold, "Private messages are kept forever."]
    administer(bench, administration.release, "#tea")
    administer(bench, administration.set_days, "#tea", None)
    assert anna.hears("NOTICE")[-1].params == ["#tea", "The history of #tea is kept forever."]
    bob.send("PART #tea")
    assert not any(
        "NOTICE #tea :The history of #tea is kept for" in line for line in bob.ask("JOIN #tea")[:4]
    )
    assert "You are not in #milk" in anna.ask("PRIVMSG HistServ :RETENTION #milk")[-1]
    bench.restart()
    assert all(room.retention.days is None for room in bench.core.runtime.world.rooms.values())


def test_policies_survive_a_restart(make_bench: MakeBench) -> None:
    bench = make_bench(ping_interval=86400)
    gather(bench, "#tea", "anna")
    administer(bench, administration.set_days, "#tea", 90)
    administer(bench, administration.hold, "#tea", "court order")
    bench.restart()
    (room,) = bench.core.runtime.world.rooms.values()
    assert (room.retention.days, room.retention.hold) == (90, "court order")


def test_users_see_a_change_of_the_default(bench: EngineHarness, file: File) -> None:
    anna = bench.connect("anna")
    file.write(ping_interval=86400, retention_days=60, direct_retention_days=7)
    account(bench, "Root", role="admin")
    enter(bench, "root", "Root").send("REHASH")
    expected = (
        "The history of rooms is kept for 60 days, unless a room has a limit of its own. "
        "Private messages are kept for 7 days."
    )
    assert [line.params[-1] for line in anna.hears("NOTICE")] == [expected]


def test_history_says_that_older_messages_have_expired(bench: EngineHarness) -> None:
    caps = ("batch", "server-time", "message-tags", "draft/chathistory")
    anna = bench.connect("anna", *caps)
    anna.send("JOIN #tea", "PRIVMSG #tea :one", "PRIVMSG #tea :two")
    days_pass(bench, 40)
    anna.send("PRIVMSG #tea :three")
    rest(bench)
    lines = anna.ask("CHATHISTORY LATEST #tea * 10")
    assert EXPIRED_TEXT in lines[1]
    assert ":irc.example NOTICE #tea :" in lines[1]
    assert "draft/chathistory-end" in lines[0]
    (msgid,) = [tag for tag in lines[1].split(" ")[0].split(";") if tag.startswith("msgid=")]
    again = anna.ask(f"CHATHISTORY BEFORE #tea {msgid} 10")
    assert len(again) == 2  # an empty batch
    missed = anna.ask("CHATHISTORY AFTER #tea msgid=4 10")
    assert [EXPIRED_TEXT in line for line in missed] == [False, True, False, False]
    assert "three" in missed[2]
    bob = bench.connect("bob")
    assert any(EXPIRED_TEXT in line for line in bob.ask("JOIN #tea"))
    assert any(EXPIRED_TEXT in line for line in bob.ask("PRIVMSG HistServ :LAST #tea"))


def test_private_history_says_that_older_messages_have_expired(bench: EngineHarness) -> None:
    anna, bob = (bench.connect(name, "batch", "server-time", "draft/chathistory") for name in ("anna", "bob"))
    anna.send("PRIVMSG bob :one")
    days_pass(bench, 9)
    anna.send("PRIVMSG bob :two")
    rest(bench)
    lines = bob.ask("CHATHISTORY LATEST anna * 10")
    assert f":irc.example NOTICE bob :{EXPIRED_TEXT}" in lines[1]
    assert any(EXPIRED_TEXT in line for line in bob.ask("PRIVMSG HistServ :LAST anna"))


def test_a_run_of_chat_admin_reaches_the_messages_in_memory(make_bench: MakeBench) -> None:
    bench = make_bench(ping_interval=86400)
    (anna,) = gather(bench, "#tea", "anna")
    anna.send("PRIVMSG #tea :long ago")
    bench.connect("bob").send("JOIN #tea")
    days_pass(bench, 40)
    anna.send("PRIVMSG #tea :today")
    run(bench.database, bench.clock, "admin:me", RetentionDefaults(30, 30), lambda number: None)
    bench.clock.instant += 300
    bench.core.engine.cycle([])
    zoe = bench.connect("zoe")
    said = zoe.ask("JOIN #tea")
    assert not any("long ago" in line for line in said)
    assert any("today" in line for line in said)


def files(bench: EngineHarness) -> Iterator[Path]:
    path = Path(bench.database.url.database or "")
    yield from path.parent.glob(f"{path.name}*")


def test_removed_text_is_nowhere_in_the_files(bench: EngineHarness) -> None:
    (anna,) = gather(bench, "#tea", "anna")
    anna.send(*(f"PRIVMSG #tea :{SECRET} {number}" for number in range(300)))
    days_pass(bench, 40)
    anna.send("PRIVMSG #tea :today", "TOPIC #tea :new")
    contents = b"".join(path.read_bytes() for path in files(bench))
    assert SECRET.encode() in contents
    assert b"lowerp" in contents
    rest(bench, cycles=80)
    contents = b"".join(path.read_bytes() for path in files(bench))
    assert SECRET.encode() not in contents
    assert b"flowerpot" not in contents
    with bench.database.engine.connect() as connection:
        block = connection.execute(text("SELECT block FROM spoken_index_data")).scalars()
        assert not any(b"wer" in found for found in block)


def test_a_database_shrinks_when_history_expires(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space_upkeep, "MIN_FREE_PAGES", 8)
    (anna,) = gather(bench, "#tea", "anna")
    for _ in range(4):
        anna.send(*(f"PRIVMSG #tea :{number} {'long ' * 80}" for number in range(250)))
    days_pass(bench, 40)
    anna.send("PRIVMSG #tea :today")
    path = Path(bench.database.url.database or "")
    with bench.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.stat().st_size
    rest(bench, cycles=80)
    assert path.stat().st_size < before / 2
    assert path.with_name(f"{path.name}-wal").stat().st_size == 0


def test_events_that_are_not_history_stay(bench: EngineHarness) -> None:
    gather(bench, "#tea", "anna")
    record_now(bench.database, bench.clock, [Event(Kind.ANNOUNCED, nick="irc.example", text="hello all")])
    days_pass(bench, 40)
    bench.connect("bob")
    rest(bench)
    with bench.database.engine.connect() as connection:
        kinds = set(connection.scalars(select(EventRow.kind)))
    assert {"connected", "announced"} <= kinds
    assert "joined" not in kinds
