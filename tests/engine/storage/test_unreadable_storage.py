"""A database that cannot be read fails the request and nothing else."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count

from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from app.db.database import Database
from app.events import Event, Kind, RoomKey
from app.events.data import ModeData
from app.services.rooms.administration import set_topic
from tests.conftest import MovedClock
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather
from tests.story import Story

NEWS = 300  # milliseconds after which the engine asks for news, or tries again


@contextmanager
def failing_from(bench: EngineHarness, number: int) -> Iterator[list[str]]:
    """The database fails from a statement on; yield the statements that failed."""
    numbers = count(1)
    failed: list[str] = []

    def fail(connection: object, cursor: object, statement: str, *rest: object) -> None:
        if next(numbers) >= number:
            failed.append(statement)
            raise OperationalError(statement, {}, Exception("disk I/O error"))

    event.listen(bench.database.engine, "before_cursor_execute", fail)
    try:
        yield failed
    finally:
        event.remove(bench.database.engine, "before_cursor_execute", fail)


def test_a_login_fails_when_the_database_is_unreadable(bench: EngineHarness) -> None:
    alice = bench.connect("alice", "sasl", "batch", "labeled-response")
    with bench.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE account RENAME TO elsewhere"))
    alice.send("AUTHENTICATE PLAIN", "@label=7 AUTHENTICATE AGFsaWNlAHNlc2FtZQ==", "PING after")
    _, refusal, pong = alice.heard()
    assert refusal.startswith("@label=7 :irc.example 400 alice AUTHENTICATE :The database")
    assert pong.endswith("after")


def test_a_newcomer_stays_when_missed_messages_are_unreadable(make_bench: MakeBench) -> None:
    bench = make_bench(auto_join="#tea")
    bench.connect("alice")
    with bench.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE last_visit RENAME TO elsewhere"))
        connection.execute(text("ALTER TABLE read_marker RENAME TO lost"))
    bob = bench.dial("bob")
    welcome = bob.ask("CAP REQ :draft/read-marker", "NICK bob", "USER bob 0 * :Bob", "CAP END")
    refusals = [line for line in welcome if " 400 " in line]
    assert refusals
    assert all("The database cannot be read" in line for line in refusals)
    assert any(line.endswith(" 366 bob #tea :End of NAMES list") for line in welcome)
    bench.people["alice"].ask("PRIVMSG #tea :hi")
    assert bob.heard() == [":alice!~alice@127.0.0.1 PRIVMSG #tea :hi"]


def test_changes_by_others_wait_for_a_readable_database(bench: EngineHarness, clock: MovedClock) -> None:
    """Whichever statement fails first: the engine goes on, and everything is shown once."""
    (alice,) = gather(bench, "#tea", "alice")
    room = bench.core.runtime.world.find_room("#tea")
    assert room is not None
    with closing(Database(bench.database.url)) as database:
        other = Story(database, clock)
        for number in count(1):
            key, data = f"key{number}", ModeData([("+", "k", "*", None)])
            other.apply(lambda admin, topic=key: set_topic(admin, "#tea", topic))
            secret = RoomKey(key, f"+k {key}")
            other.record(Event(Kind.MODE, room.id, nick="x", text="+k *", data=data, secret=secret))
            with failing_from(bench, number) as failed:
                clock.instant += NEWS
                bench.core.engine.cycle([])
            clock.instant += NEWS
            bench.core.engine.cycle([])
            assert alice.heard() == [f":server.internal TOPIC #tea :{key}", f":x MODE #tea +k {key}"]
            assert room.password == key
            if not failed:
                break
    assert number > 1
