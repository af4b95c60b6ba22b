"""PostgreSQL loses the connection during a commit: each event is stored and delivered once.

The server then does not know whether the commit took place. It must find out, because the events
are stored twice if it repeats a commit that did, and never if it does not repeat one that did not.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial

import pytest

from app.db.database import Database
from app.db.log_page import read_after
from app.engine.submission_unit import SubmissionUnit
from app.errors import StorageError
from app.events import Event, Kind
from app.services.stats import find_problems
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather
from tests.postgres import Postgres
from tests.postgres_proxy import Loss, PostgresProxy, open_proxy
from tests.story import record_now

LossyBench = tuple[EngineHarness, PostgresProxy]
RETRY_MILLISECONDS = 300
CAPS = "CAP REQ :message-tags echo-message standard-replies"
POISON = """
CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$;
CREATE TRIGGER poison BEFORE INSERT ON event FOR EACH ROW WHEN (NEW.text = 'poison') EXECUTE FUNCTION poison()
"""
CONVERSATION = (
    ("alice", "JOIN #tea"),
    ("bob", "JOIN #tea"),
    ("alice", "PRIVMSG #tea :one"),
    ("bob", "NOTICE #tea :two"),
    ("bob", "PRIVMSG alice :in private"),
    ("alice", "TOPIC #tea :Green tea"),
    ("alice", "MODE #tea +mb spam!*@*"),
    ("alice", "MODE #tea +v bob"),
    ("bob", "NICK robert"),
    ("bob", "AWAY :lunch"),
    ("bob", "SETNAME :Robert"),
    ("alice", "KICK #tea robert :spilled"),
    ("bob", "JOIN #tea"),
    ("bob", "PART #tea :enough"),
    ("bob", "JOIN #new"),
    ("alice", "QUIT :good night"),
)


@contextmanager
def lossy(postgres: Postgres, clock: MovedClock) -> Iterator[LossyBench]:
    """Yield a server whose connections to PostgreSQL can be lost, and the proxy that loses them."""
    with postgres.database() as url, open_proxy(url) as (proxy, address):
        database = Database(address)
        with closing(database.dialect.claim(database.engine)):
            bench = EngineHarness(database, clock)
            yield bench, proxy
            bench.close()


@pytest.fixture
def lossy_bench(postgres: Postgres, clock: MovedClock, cheap_hashing: None) -> Iterator[LossyBench]:
    """A server and the proxy before its database."""
    with lossy(postgres, clock) as made:
        yield made


def submit(bench: EngineHarness, **lines: str) -> None:
    """Submit a line of each client in one cycle."""
    units = [SubmissionUnit(bench.people[name].client, [bench.request(line)]) for name, line in lines.items()]
    bench.core.engine.cycle(units)


def retry(bench: EngineHarness, cycles: int = 2) -> None:
    """Advance the clock past the retry delay and run a cycle, `cycles` times."""
    for _ in range(cycles):
        bench.clock.instant += RETRY_MILLISECONDS  # type: ignore[attr-defined]
        bench.core.engine.cycle([])


def log(bench: EngineHarness) -> list[tuple[Kind, str, str | None]]:
    """Return kind, nick and text of every event, after checking the invariants of the database."""
    with bench.database.reading() as session:
        assert find_problems(session) == []
        return [
            (event.kind, event.nick, event.text)
            for event in read_after(session.connection(), 0, 1_000).events
        ]


def texts(lines: list[str]) -> list[str]:
    """Return message texts, and the verbs of other lines."""
    return [line.params[-1] if line.command == "PRIVMSG" else line.command for line in map(parse, lines)]


def converse(bench: EngineHarness, before_each: Callable[[], None]) -> dict[str, list[str]]:
    """Play the conversation, with a visitor who leaves; return what each client receives."""
    for name in ("alice", "bob", "carol"):
        before_each()
        bench.dial(name).send(CAPS, f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END")
        retry(bench)
    before_each()
    bench.people["carol"].hang_up()
    retry(bench)
    for name, line in CONVERSATION:
        before_each()
        bench.people[name].send(line)
        retry(bench)
    return {name: person.heard() for name, person in bench.people.items()}


@pytest.mark.parametrize("loss", Loss)
def test_a_conversation_reads_the_same_if_every_commit_is_lost(
    loss: Loss, make_bench: MakeBench, postgres: Postgres, clock: MovedClock
) -> None:
    undisturbed, started = make_bench(), clock.instant
    expected = converse(undisturbed, lambda: None)
    assert "msgid" in "".join(expected["alice"])
    clock.instant = started
    with lossy(postgres, clock) as (bench, proxy):
        heard = converse(bench, partial(proxy.lose, loss))
        assert proxy.losses == 4 + len(CONVERSATION)
        assert heard == expected
        assert log(bench) == log(undisturbed)


@pytest.mark.parametrize("first_loss", Loss)
@pytest.mark.parametrize("second_loss", Loss)
def test_a_message_whose_commit_is_lost_twice_is_stored_once(
    first_loss: Loss, second_loss: Loss, lossy_bench: LossyBench
) -> None:
    bench, proxy = lossy_bench
    _, bob = gather(bench, "#tea", "alice", "bob")
    proxy.lose(first_loss, b"once")
    submit(bench, alice="PRIVMSG #tea once")
    proxy.lose(second_loss, b"SELECT event.batch")  # while the server finds out, or in the second attempt
    retry(bench, 3)
    assert proxy.losses == 2
    assert texts(bob.heard()) == ["once"]
    assert [text for kind, _, text in log(bench) if kind is Kind.PRIVMSG] == ["once"]


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize("author", ["alice", "bob"])
def test_only_the_author_of_a_rejected_row_is_notified(
    author: str, loss: Loss, lossy_bench: LossyBench
) -> None:
    """The rejected row is the first of the batch or the second."""
    bench, proxy = lossy_bench
    alice, bob, carol = gather(bench, "#tea", "alice", "bob", "carol")
    with bench.database.engine.begin() as connection:
        connection.exec_driver_sql(POISON)
    proxy.lose(loss, b"poison")
    lines = {name: f"PRIVMSG #tea {'poison' if name == author else 'well'}" for name in ("alice", "bob")}
    submit(bench, **lines)
    assert proxy.losses == 1
    assert (alice.heard(), bob.heard(), carol.heard()) == ([], [], [])
    retry(bench)
    assert texts(carol.heard()) == ["well"]
    assert sorted(texts(bench.people[author].heard())) == ["FAIL", "well"]
    expected = [(Kind.VOID, "", None), (Kind.PRIVMSG, "bob" if author == "alice" else "alice", "well")]
    assert log(bench)[-2:] == (expected if author == "alice" else expected[::-1])


def test_a_connection_lost_at_a_rejected_row_leaves_the_ids_contiguous(lossy_bench: LossyBench) -> None:
    bench, proxy = lossy_bench
    *_, carol = gather(bench, "#tea", "alice", "bob", "carol")
    with bench.database.engine.begin() as connection:
        connection.exec_driver_sql(POISON)
    proxy.lose(Loss.STATEMENT, b"poison", b"void")
    submit(bench, alice="PRIVMSG #tea well", bob="PRIVMSG #tea poison")
    assert proxy.losses == 1
    retry(bench)
    assert texts(carol.heard()) == ["well"]
    assert [(kind, text) for kind, _, text in log(bench)[-2:]] == [(Kind.PRIVMSG, "well"), (Kind.VOID, None)]


@pytest.mark.parametrize(
    ("loss", "expected"),
    [(Loss.ANSWER, ["mine", "NOTICE", "next"]), (Loss.STATEMENT, ["NOTICE", "mine", "next"])],
)
def test_remote_events_are_delivered_in_the_order_of_the_log(
    loss: Loss, expected: list[str], lossy_bench: LossyBench
) -> None:
    """They follow a batch that was committed, and precede one that was not."""
    bench, proxy = lossy_bench
    _, bob = gather(bench, "#tea", "alice", "bob")
    proxy.lose(loss, b"mine")
    submit(bench, alice="PRIVMSG #tea mine")
    record_now(bench.database, bench.clock, [Event(Kind.ANNOUNCED, nick="admin", text="NOTICE")])
    retry(bench)
    submit(bench, alice="PRIVMSG #tea next")
    assert texts(bob.heard()) == expected
    assert [text for _, _, text in log(bench)[-3:]] == expected


def test_times_of_messages_increase_after_a_lost_commit(lossy_bench: LossyBench) -> None:
    bench, proxy = lossy_bench
    gather(bench, "#tea", "alice")
    proxy.lose(Loss.ANSWER, b"privmsg")
    submit(bench, alice="PRIVMSG #tea one")
    bench.core.engine.cycle([])
    retry(bench, 1)
    submit(bench, alice="PRIVMSG #tea two")
    log(bench)  # checks that the times increase


def test_a_message_whose_commit_is_lost_survives_a_restart_once(lossy_bench: LossyBench) -> None:
    bench, proxy = lossy_bench
    gather(bench, "#tea", "alice", "bob")
    proxy.lose(Loss.ANSWER, b"privmsg")
    submit(bench, alice="PRIVMSG #tea once")
    bench.restart()
    retry(bench)
    carol = bench.connect("carol", "server-time")
    carol.send("JOIN #tea")
    assert texts(carol.ask("CHATHISTORY LATEST #tea * 10")).count("once") == 1
    log(bench)


@pytest.mark.parametrize("loss", Loss)
def test_a_start_whose_commit_is_lost_can_be_repeated(loss: Loss, lossy_bench: LossyBench) -> None:
    bench, proxy = lossy_bench
    gather(bench, "#tea", "alice")
    proxy.lose(loss, b"quit")
    with pytest.raises(StorageError):
        bench.restart()
    assert proxy.losses == 1
    bench.restart()
    assert [kind for kind, nick, _ in log(bench) if nick == "alice"].count(Kind.QUIT) == 1
    bench.connect("alice")
