"""The engine goes on while messages are committed, and shows none of them before they are."""

from collections.abc import Callable, Iterator
from contextlib import closing
from threading import Event as Signal

import pytest

from app.db.database import Database
from app.engine.storing.lock_hold import MAX_HOLD_SECONDS
from app.engine.submission_unit import Callback, SubmissionUnit, run_slow_work
from app.services.rooms.administration import set_topic
from tests.engine import history_clients
from tests.engine.conftest import MakeBench
from tests.engine.core.test_engine import NO_FLUSHERS, tell_the_unspeakable
from tests.engine.deferred_executor import DeferredExecutor
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather
from tests.engine.storage.test_storage import POISON, full, log, texts
from tests.story import Story

RETRY_MS = 300


class SlowServer:
    """A server whose commits end when the test says so, with four users in #tea."""

    def __init__(self, bench: EngineHarness, commits: DeferredExecutor) -> None:
        self.bench = bench
        self.commits = commits
        self.alice, self.bob, self.carol, self.dave = gather(bench, "#tea", "alice", "bob", "carol", "dave")
        self.outsider = bench.connect("outsider")

    def submit(self, person: HarnessClient, *lines: str) -> SubmissionUnit:
        """Submit lines as one unit, and run a cycle."""
        unit = SubmissionUnit(person.client, [self.bench.request(line) for line in lines])
        self.cycle(unit)
        return unit

    def cycle(self, *units: SubmissionUnit) -> None:
        """Run a cycle of the engine."""
        self.bench.core.engine.cycle(units)

    def commit(self) -> None:
        """Let the commit that is in flight end, and the engine see it."""
        self.commits.run()
        self.cycle()

    def outlast_the_lock(self) -> None:
        """Let the time pass for which the log's lock is kept."""
        self.bench.clock.instant += round(MAX_HOLD_SECONDS * 1000) + 1

    def run_to_the_end(self) -> None:
        """Run the engine's thread until it has ended, as on SIGTERM."""
        ended = Signal()
        self.bench.core.engine.start(NO_FLUSHERS, ended.set)
        assert self.bench.core.engine.stop(10)
        assert ended.is_set()

    def retry(self) -> None:
        """Let the delay before a retry pass."""
        self.bench.clock.instant += RETRY_MS
        self.cycle()


@pytest.fixture
def server(make_bench: MakeBench) -> SlowServer:
    """A server whose commits end when the test says so."""
    commits = DeferredExecutor()
    return SlowServer(make_bench(background=commits), commits)


@pytest.fixture
def admin(server: SlowServer) -> Iterator[Callable[[str], None]]:
    """A function that sets the topic of #tea as `chat-admin` does."""
    with closing(Database(server.bench.database.url)) as database:
        story = Story(database, server.bench.clock)

        def set_topic_of_tea(topic: str) -> None:
            story.apply(lambda admin: set_topic(admin, "#tea", topic))

        yield set_topic_of_tea


def test_message_is_shown_to_nobody_before_it_is_stored(server: SlowServer) -> None:
    unit = server.submit(server.alice, "PRIVMSG #tea :hello")
    assert log(server.bench) == []
    assert server.bob.heard() == server.alice.heard() == []
    assert not unit.is_done
    server.commit()
    assert texts(server.bob.heard()) == ["hello"]
    assert unit.is_done


def test_next_message_is_decided_ahead_and_stored_after(server: SlowServer) -> None:
    first = server.submit(server.alice, "PRIVMSG #tea :one")
    second = server.submit(server.bob, "PRIVMSG #tea :two")
    third = server.submit(server.carol, "PRIVMSG #tea :three")
    assert server.commits.waiting == 1
    server.commit()
    assert texts(server.dave.heard()) == ["one"]
    assert first.is_done
    assert not second.is_done
    server.commit()
    assert texts(server.dave.heard()) == ["two", "three"]
    assert second.is_done
    assert third.is_done
    assert log(server.bench) == [("privmsg", "one"), ("privmsg", "two"), ("privmsg", "three")]


def test_ping_overtakes_only_what_is_not_for_its_client(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG #tea :hello")
    server.submit(server.outsider, "PING 1")
    assert texts(server.outsider.heard()) == ["PONG"]
    server.submit(server.bob, "PING 2")
    assert server.bob.heard() == []
    server.commit()
    assert texts(server.bob.heard()) == ["hello", "PONG"]


def test_capability_applies_to_messages_after_its_acknowledgement(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG #tea :one")
    server.submit(server.carol, "PRIVMSG #tea :two")
    server.submit(server.bob, "CAP REQ :server-time")
    server.commit()
    server.commit()
    one, two, acknowledgement = server.bob.heard()
    assert one.startswith(":alice!")
    assert two.startswith(":carol!")
    assert acknowledgement.endswith("CAP bob ACK :server-time")
    server.submit(server.alice, "PRIVMSG #tea :three")
    server.commit()
    assert server.bob.heard()[0].startswith("@time=")


def test_ping_of_a_recipient_of_the_next_batch_waits_for_it(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG bob :secret")
    server.submit(server.bob, "PRIVMSG outsider :psst")
    server.submit(server.outsider, "PING 1")
    server.commit()
    assert server.outsider.heard() == []
    server.commit()
    assert texts(server.outsider.heard()) == ["psst", "PONG"]


def test_reply_about_the_world_waits_for_what_was_decided(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG #tea :hello")
    unit = server.submit(server.outsider, "WHOIS alice")
    assert server.outsider.heard() == []
    assert not unit.is_done
    server.commit()
    assert server.outsider.heard()[0].startswith(":irc.example 311 outsider alice")
    assert unit.is_done


def test_history_ends_where_the_batch_in_flight_begins(server: SlowServer) -> None:
    reader = server.bench.connect("reader", *history_clients.CAPS)
    gather(server.bench, "#tea", "reader")
    request = server.submit(reader, "CHATHISTORY LATEST #tea * 10")
    assert request.slow_work is not None
    server.submit(server.alice, "PRIVMSG #tea :hello")
    server.commits.run()  # the message is stored, and the engine does not know it yet
    with server.bench.database.reading() as session:
        continuation = run_slow_work(request.slow_work, session)
    server.cycle(request.make_continuation(continuation))
    assert texts(reader.heard()) == ["hello", "BATCH", "BATCH"]


def test_reply_about_the_world_follows_the_writes_before_it(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG #tea :hello")
    server.outlast_the_lock()
    server.commit()
    server.submit(server.alice, "PRIVMSG #tea :after which the lock is released")
    assert server.commits.waiting == 1
    assert not server.submit(server.bob, "AWAY :lunch").is_done
    server.submit(server.outsider, "WHOIS bob")
    server.commit()
    assert any(" 301 outsider bob :lunch" in line for line in server.outsider.heard())


def test_other_changes_follow_the_messages_before_them(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG #tea :hello")
    server.submit(server.outsider, "JOIN #tea")  # reads the tables, and so awaits the commit
    assert server.bob.heard() == []
    server.cycle()
    assert texts(server.bob.heard()) == ["hello", "JOIN"]
    assert server.commits.waiting == 0


def test_nothing_is_decided_ahead_of_a_change_of_state(server: SlowServer) -> None:
    unit = server.submit(server.alice, "TOPIC #tea :Green tea")
    assert unit.is_done
    assert server.commits.waiting == 0
    assert texts(server.bob.heard()) == ["TOPIC"]


def test_query_of_a_command_awaits_the_commit(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG #tea :hello")
    server.commits.run()
    server.submit(server.bob, "PRIVMSG #tea :one", "REDACT #tea unknown")
    assert texts(server.dave.heard()) == ["hello"]
    server.commit()
    assert texts(server.dave.heard()) == ["one"]


def test_batches_are_stored_in_order_after_an_outage(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG #tea :one")
    with full(server.bench):
        server.submit(server.bob, "PRIVMSG #tea :two")
        server.submit(server.carol, "WHOIS bob")
        server.submit(server.dave, "PING 1")
        server.commit()
        assert texts(server.dave.heard()) == ["PONG"]
        assert server.carol.heard() == []
        server.retry()
    server.retry()
    assert texts(server.dave.heard()) == ["one", "two"]
    assert texts(server.carol.heard())[:2] == ["one", "two"]
    assert log(server.bench) == [("privmsg", "one"), ("privmsg", "two")]


def test_event_of_another_program_takes_its_place_in_the_log(
    server: SlowServer, admin: Callable[[str], None]
) -> None:
    server.submit(server.alice, "PRIVMSG #tea :one")
    server.submit(server.bob, "PRIVMSG #tea :two")
    server.commits.run()
    admin("Green tea")
    server.cycle()
    assert texts(server.dave.heard()) == ["one", "TOPIC", "two"]
    assert log(server.bench) == [("privmsg", "one"), ("topic", "Green tea"), ("privmsg", "two")]


def test_rejected_message_costs_nobody_else_anything(server: SlowServer) -> None:
    with server.bench.database.engine.begin() as connection:
        connection.exec_driver_sql(POISON)
    server.submit(server.carol, "PRIVMSG #tea :one")
    server.submit(server.alice, "PRIVMSG #tea :poison")
    server.commit()
    server.submit(server.bob, "PRIVMSG #tea :two")
    server.commit()
    assert texts(server.alice.heard()) == ["one", "FAIL", "two"]
    assert texts(server.dave.heard()) == ["one", "two"]
    assert log(server.bench) == [("privmsg", "one"), ("void", None), ("privmsg", "two")]


def test_other_programs_can_append_after_a_while(server: SlowServer, admin: Callable[[str], None]) -> None:
    server.submit(server.alice, "PRIVMSG #tea :one")
    server.commit()
    server.outlast_the_lock()
    server.cycle()
    admin("Green tea")
    server.submit(server.bob, "PRIVMSG #tea :two")
    server.commit()
    assert texts(server.dave.heard()) == ["one", "TOPIC", "two"]


def test_lock_is_given_up_in_between_however_many_messages_come(server: SlowServer) -> None:
    people = [server.alice, server.bob, server.carol]
    seen = []
    for number in range(20):
        server.submit(people[number % 3], f"PRIVMSG #tea :{number}")
        server.bench.clock.instant += 10
        server.commit()
        seen.append(server.bench.core.runtime.ledger.is_kept_open)
    assert True in seen
    assert False in seen
    assert texts(server.dave.heard()) == [str(number) for number in range(20)]


def test_shutdown_stores_and_delivers_what_was_decided(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG #tea :one")
    server.submit(server.bob, "PRIVMSG #tea :two")
    server.bench.shut_down()
    assert texts(server.dave.heard())[:2] == ["one", "two"]


def test_units_that_only_read_do_not_prolong_the_lock(
    server: SlowServer, admin: Callable[[str], None]
) -> None:
    server.submit(server.alice, "PRIVMSG #tea :one")
    server.commit()
    assert server.bench.core.runtime.ledger.is_kept_open
    server.outlast_the_lock()
    server.submit(server.outsider, "PING 1")
    admin("Green tea")


def test_shutdown_decides_what_waits_for_the_commit_in_flight(server: SlowServer) -> None:
    server.submit(server.alice, "PRIVMSG #tea :one")
    server.outlast_the_lock()
    server.commit()
    server.submit(server.alice, "PRIVMSG #tea :two")
    assert not server.bench.core.runtime.ledger.keeps_lock
    unit = server.submit(server.bob, "PRIVMSG #tea :three")
    server.run_to_the_end()
    assert unit.is_done
    assert texts(server.dave.heard())[:3] == ["one", "two", "three"]
    assert log(server.bench)[:3] == [("privmsg", "one"), ("privmsg", "two"), ("privmsg", "three")]


def test_failure_of_a_delivery_releases_those_who_wait_for_it(server: SlowServer) -> None:
    say = server.bench.request("PRIVMSG #tea :hello")
    unit = SubmissionUnit(server.alice.client, [say, Callback(tell_the_unspeakable)])
    server.cycle(unit)
    server.run_to_the_end()
    assert server.bench.core.engine.has_failed
    assert unit.is_done
