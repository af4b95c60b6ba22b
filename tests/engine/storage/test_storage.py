"""The engine with a database that rejects rows, fails, or is written by other programs."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.db.database import Database
from app.engine.submission_unit import SubmissionUnit, run_slow_work
from app.events import Event, Kind
from app.events.data import KickedData, KilledData, ModeData
from app.services.accounts.administration import set_disabled
from app.services.administration import bans, moderation
from app.services.rooms.administration import set_topic
from app.services.stats import find_problems
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.account_clients import account, enter, plain
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people
from tests.full_disk import limited_file_size
from tests.story import Story, record_now

POISON = """
CREATE TRIGGER poison BEFORE INSERT ON event WHEN NEW.text = 'poison'
BEGIN SELECT RAISE(ABORT, 'poisoned'); END
"""
FAIL = ":irc.example FAIL PRIVMSG NOT_STORED #tea :The database refused this event; it was not delivered to anyone"
NEWS = 300  # milliseconds after which the engine asks for news, or tries a stuck batch again


def path_of(bench: EngineHarness) -> Path:
    """Return the path of the harness's database."""
    return Path(bench.database.url.database or "")


@contextmanager
def locked(bench: EngineHarness) -> Iterator[None]:
    """Another program holds the log lock."""
    with closing(sqlite3.connect(path_of(bench), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def full(bench: EngineHarness) -> Iterator[None]:
    """The database cannot grow: transactions begin, but no commit succeeds."""
    with limited_file_size(Path(f"{path_of(bench)}-wal").stat().st_size):
        yield


@pytest.fixture
def other(bench: EngineHarness, clock: MovedClock) -> Iterator[Story]:
    """Another writer on the same database, as `chat-admin` is."""
    database = Database(bench.database.url)
    yield Story(database, clock)
    database.close()


def hand_in(bench: EngineHarness, **lines: str) -> list[SubmissionUnit]:
    """Submit a line of each client in one cycle."""
    units = [SubmissionUnit(bench.people[name].client, [bench.request(line)]) for name, line in lines.items()]
    bench.core.engine.cycle(units)
    return units


def later(bench: EngineHarness, clock: MovedClock, milliseconds: int = NEWS) -> None:
    """Advance the clock and run a cycle."""
    clock.instant += milliseconds
    bench.core.engine.cycle([])


def log(bench: EngineHarness) -> list[tuple[str, str | None]]:
    """Return the log from the first message on, and assert its invariants."""
    with bench.database.reading() as session:
        assert find_problems(session) == []
    with closing(sqlite3.connect(path_of(bench))) as connection:
        rows = connection.execute("SELECT kind, text FROM event ORDER BY id").fetchall()
    start = next((place for place, (kind, _) in enumerate(rows) if kind == "privmsg"), len(rows))
    return rows[start:]


def texts(lines: list[str]) -> list[str]:
    """Return message texts, and the kinds of other events."""
    return [line.params[-1] if line.command == "PRIVMSG" else line.command for line in map(parse, lines)]


# One bad row (trap 6)


def test_only_the_author_of_a_rejected_row_is_notified(bench: EngineHarness) -> None:
    alice, mallory, bob, carol = gather(bench, "#tea", "alice", "mallory", "bob", "carol")
    with bench.database.engine.begin() as connection:
        connection.exec_driver_sql(POISON)
    hand_in(bench, alice="PRIVMSG #tea one", mallory="PRIVMSG #tea poison", bob="PRIVMSG #tea two")
    assert texts(carol.heard()) == ["one", "two"]
    assert texts(alice.heard()) == ["two"]
    assert texts(bob.heard()) == ["one"]
    heard = mallory.heard()
    assert texts(heard) == ["one", "FAIL", "two"]
    assert heard[1] == FAIL
    assert log(bench) == [("privmsg", "one"), ("void", None), ("privmsg", "two")]
    hand_in(bench, mallory="PRIVMSG #tea better")
    assert texts(carol.heard()) == ["better"]
    assert log(bench)[3:] == [("privmsg", "better")]


@pytest.mark.parametrize("caps", [("labeled-response",), ("labeled-response", "echo-message")])
def test_the_failure_of_a_rejected_row_carries_its_label(bench: EngineHarness, caps: tuple[str, ...]) -> None:
    mallory = bench.connect("mallory", "message-tags", "batch", *caps)
    gather(bench, "#tea", "mallory", "alice")
    with bench.database.engine.begin() as connection:
        connection.exec_driver_sql(POISON)
    assert mallory.ask("@label=7 PRIVMSG #tea poison") == [f"@label=7 {FAIL}"]
    assert bench.people["alice"].heard() == []


def test_clients_without_echo_also_learn_of_a_rejected_row(bench: EngineHarness) -> None:
    """A ban that would not survive a restart must not be reported as success."""
    account(bench, "root", role="admin")
    root = enter(bench, "root", "root")
    with bench.database.locked() as connection:
        connection.exec_driver_sql(POISON)
    heard = root.ask("KLINE spam*!*@* poison")
    assert ":irc.example FAIL BANNED NOT_STORED spam*!*@* :" in heard[0]


def test_a_rejected_row_is_not_replayed(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "mallory")
    with bench.database.engine.begin() as connection:
        connection.exec_driver_sql(POISON)
    hand_in(bench, mallory="PRIVMSG #tea poison", alice="PRIVMSG #tea fine")
    bob = bench.connect("bob")
    bob.send("JOIN #tea")
    assert [line.params[1].endswith(" fine") for line in bob.hears("PRIVMSG")] == [True]


def test_a_read_after_a_write_sees_the_write_first(bench: EngineHarness) -> None:
    """Holds across connections, even when both units run in one cycle."""
    _, bob = gather(bench, "#tea", "alice", "bob")
    hand_in(bench, alice="PRIVMSG #tea hi", bob="PING fence")
    assert [line.command for line in map(parse, bob.heard())] == ["PRIVMSG", "PONG"]


# A storage that fails for a while (P6)


def test_nothing_is_shown_while_the_database_is_locked(bench: EngineHarness, clock: MovedClock) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    with locked(bench):
        (unit,) = hand_in(bench, alice="PRIVMSG #tea patience")
        for _ in range(5):
            later(bench, clock)
            assert (alice.heard(), bob.heard()) == ([], [])
            assert bob.ask("PING x") == [":irc.example PONG irc.example :x"]
    later(bench, clock)
    unit.wait()
    assert texts(bob.heard()) == ["patience"]
    assert log(bench) == [("privmsg", "patience")]


@pytest.mark.parametrize("outage", [locked, full])
def test_new_posts_are_refused_after_the_grace_period(
    bench: EngineHarness, clock: MovedClock, outage: object
) -> None:
    _, bob, carol = gather(bench, "#tea", "alice", "bob", "carol")
    with outage(bench):  # type: ignore[operator]
        hand_in(bench, alice="PRIVMSG #tea first")
        later(bench, clock, 2_500)
        hand_in(bench, carol="PRIVMSG #tea late")
        assert [line.split()[1] for line in carol.heard()] == ["404"]
        assert bob.heard() == []
        later(bench, clock, 8_000)
        assert bob.heard() == []
    later(bench, clock)
    assert texts(bob.heard()) == ["first"]
    assert log(bench) == [("privmsg", "first")]


def test_waiting_posts_are_refused_after_the_maximum_wait(bench: EngineHarness, clock: MovedClock) -> None:
    alice, _ = gather(bench, "#tea", "alice", "bob")
    with locked(bench):
        (unit,) = hand_in(bench, alice="PRIVMSG #tea first")
        later(bench, clock, 16_000)
        unit.wait()
        assert [line.split()[1] for line in alice.heard()] == ["404"]
    later(bench, clock)
    assert log(bench) == []


def test_a_disconnect_during_an_outage_takes_effect_afterwards(
    bench: EngineHarness, clock: MovedClock
) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    with locked(bench):
        hand_in(bench, alice="QUIT :enough")
        later(bench, clock, 20_000)
        assert (alice.heard(), bob.heard()) == ([], [])
    later(bench, clock)
    assert alice.heard() == ["ERROR :Quit: enough"]
    assert alice.ear.is_finished
    assert bob.heard() == [":alice!~alice@127.0.0.1 QUIT :Quit: enough"]


# A stuck batch (trap 12)


def test_remote_events_precede_a_stuck_batch(bench: EngineHarness, clock: MovedClock, other: Story) -> None:
    _, bob = gather(bench, "#tea", "alice", "bob")
    with full(bench):
        hand_in(bench, alice="PRIVMSG #tea stuck")
        later(bench, clock)
    record_now(other.database, clock, [Event(Kind.ANNOUNCED, nick="admin", text="hear, hear")])
    later(bench, clock)
    assert texts(bob.heard()) == ["NOTICE", "stuck"]
    with closing(sqlite3.connect(path_of(bench))) as connection:
        rows = connection.execute("SELECT kind FROM event ORDER BY id DESC LIMIT 2").fetchall()
    assert rows == [("privmsg",), ("announced",)]
    log(bench)
    later(bench, clock, 5_000)
    assert bob.heard() == [], "once"


def test_consequences_of_remote_events_follow_a_stuck_batch(
    bench: EngineHarness, clock: MovedClock, other: Story
) -> None:
    """The delivered order is the order of the log, even if the author is banned meanwhile."""
    alice, bob = gather(bench, "#tea", "alice", "bob")
    with full(bench):
        hand_in(bench, alice="PRIVMSG #tea stuck")
    other.apply(lambda admin: bans.add_ban(admin, bans.BanType.NICK, "alice!*@*", "enough", None))
    later(bench, clock)
    assert texts(bob.heard()) == ["stuck", "QUIT"]
    assert [kind for kind, _ in log(bench)] == ["privmsg", "quit"]
    assert alice.ear.is_finished


def test_a_new_device_gets_messages_of_a_stuck_batch(
    bench: EngineHarness, clock: MovedClock, other: Story
) -> None:
    """Remote events appended meanwhile shift the ids of the stuck batch."""
    account(bench, "anna")
    bench.connect("bob")
    bench.connect("carol")
    enter(bench, "anna", "anna").send("NS SET ALWAYS-ON on", "QUIT")
    device = bench.people["anna"] = bench.dial("anna")
    device.send("CAP REQ :sasl server-time", "AUTHENTICATE PLAIN", *plain("anna"))
    device.send("NICK anna", "USER anna 0 * :anna")
    with full(bench):
        _, entered, _ = hand_in(bench, bob="PRIVMSG anna before", anna="CAP END", carol="PRIVMSG anna after")
    record_now(other.database, clock, [Event(Kind.ANNOUNCED, nick="admin", text="hear") for _ in range(3)])
    later(bench, clock)
    with bench.database.reading() as session:
        assert entered.slow_work is not None
        turn = run_slow_work(entered.slow_work, session)
    bench.core.engine.cycle([entered.make_continuation(turn)])
    said = [line for line in texts(device.heard()) if line in ("before", "after")]
    assert sorted(said) == ["after", "before"], "all of it, once"


def test_uncommitted_changes_are_not_visible(bench: EngineHarness, clock: MovedClock) -> None:
    """While a batch is stuck, queries about the world wait or are refused."""
    _, bob, carol = gather(bench, "#tea", "alice", "bob", "carol")
    with full(bench):
        hand_in(bench, alice="TOPIC #tea :unstored")
        (asked,) = hand_in(bench, bob="TOPIC #tea")
        assert bob.heard() == []
        assert carol.ask("PING x", "VERSION")[0] == ":irc.example PONG irc.example :x"
        later(bench, clock, 2_500)
        assert [line.split()[1] for line in carol.ask("TOPIC #tea")] == ["400"]
    later(bench, clock)
    asked.wait()
    assert [line.split()[1] for line in bob.heard()] == ["TOPIC", "332", "333"]


# What others append (has_remote_events)


def test_chat_admin_changes_arrive_with_the_next_cycle(
    bench: EngineHarness, clock: MovedClock, other: Story
) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    decisions = [
        lambda admin: moderation.announce(admin, "hear, hear"),
        lambda admin: set_topic(admin, "#tea", "Green tea"),
        lambda admin: moderation.kick_user(admin, "alice", "#tea", "spilled"),
    ]
    heard = []
    for decide in decisions:
        other.apply(decide)
        assert bob.heard() == []
        later(bench, clock)
        heard += bob.heard()
    assert heard == [
        ":server.internal NOTICE $* :hear, hear",
        ":server.internal TOPIC #tea :Green tea",
        ":server.internal KICK #tea alice :spilled",
    ]
    assert texts(alice.heard()) == ["NOTICE", "TOPIC", "KICK"]
    assert bob.ask("TOPIC #tea")[0].endswith(":Green tea")


def test_a_remote_ban_disconnects_matching_users(
    bench: EngineHarness, clock: MovedClock, other: Story
) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    other.apply(lambda admin: bans.add_ban(admin, bans.BanType.NICK, "alice!*@*", "enough", None))
    later(bench, clock)
    assert alice.heard() == ["ERROR :Closing link: Banned: enough"]
    assert alice.ear.is_finished
    assert bob.heard() == [":alice!~alice@127.0.0.1 QUIT :Banned: enough"]


def test_a_remote_kill_or_disabled_account_disconnects(
    bench: EngineHarness, clock: MovedClock, other: Story
) -> None:
    other.create_account("anna")
    later(bench, clock)
    bob, carol = gather(bench, "#tea", "bob", "carol")
    account = bench.core.runtime.world.find_account("anna")
    assert account is not None
    anna = bench.core.runtime.world.find_user("carol")
    assert anna is not None
    anna.account = account
    other.apply(lambda admin: set_disabled(admin, "anna", True))
    later(bench, clock)
    assert carol.heard() == ["ERROR :Closing link: The account was disabled"]
    assert texts(bob.heard()) == ["QUIT"]
    other.apply(lambda admin: moderation.kill_user(admin, "bob", "spam"))
    later(bench, clock)
    assert bob.heard() == ["ERROR :Closing link: Killed: spam"]


def test_remote_events_precede_later_decisions(bench: EngineHarness, clock: MovedClock, other: Story) -> None:
    _, bob = gather(bench, "#tea", "alice", "bob")
    for number in range(20):
        record_now(other.database, clock, [Event(Kind.ANNOUNCED, nick="admin", text=str(number))])
        hand_in(bench, alice=f"PRIVMSG #tea {number}")
    assert texts(bob.heard()) == [word for number in range(20) for word in ("NOTICE", str(number))]
    log(bench)


def test_remote_events_about_absent_users_are_ignored(
    bench: EngineHarness, clock: MovedClock, other: Story
) -> None:
    (alice,) = people(bench, "alice")
    for kind, data in [(Kind.KILLED, KilledData(1)), (Kind.KICKED, KickedData(1)), (Kind.QUIT, None)]:
        other.record(Event(kind, room=99, session=1, nick="gone", target="gone", text="late", data=data))
    other.record(Event(Kind.MODE, room=99, nick="admin", data=ModeData([("+", "o", "gone", None)])))
    later(bench, clock)
    assert alice.heard() == []
