"""CHATHISTORY of rooms (IRCv3 draft/chathistory)."""

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.clock import to_iso
from app.commands.connect import isupport
from app.events import Event, msgid
from app.services.history import pages
from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.account_clients import begin, finish
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import gather, page, say, texts


def test_the_batch_spells_the_target_as_requested(bench: EngineHarness) -> None:
    gather(bench, "#Tea", "alice")
    bench.play(
        """
        alice > CHATHISTORY LATEST #TEA * 10
        alice ~ *:irc.example BATCH +* chathistory #TEA
        alice ~ *:irc.example BATCH -*
        alice =
        alice > CHATHISTORY LATEST FOO-1 * 10
        alice ~ *:irc.example BATCH +* chathistory FOO-1
        alice ~ *:irc.example BATCH -*
        alice =
        """
    )


def test_history_lines_equal_the_delivered_lines(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    bob.send("@+draft/reply=7 PRIVMSG #tea :hi", "NOTICE #tea :psst")
    echoes, heard = bob.heard(), alice.heard()
    assert echoes == heard
    assert page(alice, "LATEST #tea * 10") == page(bob, "LATEST #TEA * 10") == [parse(line) for line in heard]


def test_the_label_is_on_the_batch(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    say(bob, "#tea", "hi")
    alice.heard()
    bench.play(
        """
        alice > @label=x7 CHATHISTORY LATEST #tea * 10
        alice ~ @*label=x7 :irc.example BATCH +* chathistory #tea
        alice ~ @batch=*;time=*;msgid=* :bob!~bob@127.0.0.1 PRIVMSG #tea :hi
        alice ~ *:irc.example BATCH -*
        alice =
        alice > @label=x8 CHATHISTORY LATEST #none * 10
        alice ~ @*label=x8 :irc.example FAIL CHATHISTORY INVALID_TARGET LATEST #none :*
        alice =
        """
    )


def test_without_the_batch_capability_lines_come_unbatched(bench: EngineHarness) -> None:
    (bob,) = gather(bench, "#tea", "bob")
    gather(bench, "#tea", "alice", caps=("draft/chathistory",))
    say(bob, "#tea", "hi")
    bench.play(
        """
        alice .
        alice > CHATHISTORY LATEST #tea * 10
        alice ~ :bob!~bob@127.0.0.1 PRIVMSG #tea :[* UTC] hi
        alice =
        """
    )


def test_subcommands_accept_msgids_and_timestamps(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    said = say(alice, "#tea", *"abcdefg")
    ids = [f"msgid={line.tags['msgid']}" for line in said]
    for places in (ids, [f"timestamp={line.tags['time']}" for line in said]):
        b, d, f = places[1], places[3], places[5]
        expected = {
            "LATEST #tea * 3": "efg",
            f"LATEST #tea {b} 9": "cdefg",
            f"LATEST #tea {b} 2": "fg",
            f"BEFORE #tea {d} 2": "bc",
            f"BEFORE #tea {d} 9": "abc",
            f"AFTER #tea {d} 2": "ef",
            f"AFTER #tea {d} 9": "efg",
            f"AROUND #tea {d} 1": "d",
            f"AROUND #tea {d} 3": "cde",
            f"AROUND #tea {d} 9": "abcdefg",
            f"BETWEEN #tea {b} {f} 9": "cde",
            f"BETWEEN #tea {b} {f} 2": "cd",
            f"BETWEEN #tea {f} {b} 2": "de",
            f"BETWEEN #tea {b} {b} 9": "",
            f"BETWEEN #tea {ids[1]} timestamp={said[5].tags['time']} 9": "cde",
            f"AFTER #tea {d} 0": "",
        }
        assert {question: "".join(texts(alice, question)) for question in expected} == expected


def test_times_strictly_increase_even_if_the_clock_goes_back(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", "a", "b")
    clock.instant -= 5_000
    say(alice, "#tea", "c", "d")
    clock.instant += 2_500
    say(alice, "#tea", "e")
    bench.restart()
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", "f")
    times = [line.tags["time"] for line in page(alice, "LATEST #tea * 10")]
    assert len(times) == 6
    assert times == sorted(set(times))


def test_a_limit_is_capped(make_bench: MakeBench) -> None:
    bench = make_bench(history_limit=3)
    (alice,) = gather(bench, "#tea", "alice")
    say(alice, "#tea", *"abcde")
    assert texts(alice, "LATEST #tea * 5000000000000") == ["c", "d", "e"]
    assert isupport.tokens(bench.core.runtime.settings)["CHATHISTORY"] == "3"


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("", "INVALID_PARAMS *"),
        ("SHOW #tea", "INVALID_PARAMS SHOW"),
        ("LATEST", "INVALID_PARAMS LATEST"),
        ("LATEST #tea *", "INVALID_PARAMS LATEST"),
        ("BETWEEN #tea msgid=1 10", "INVALID_PARAMS BETWEEN"),
        ("TARGETS timestamp=2020-01-01T00:00:00.000Z 9", "INVALID_PARAMS TARGETS"),
        ("LATEST #tea * -1", "INVALID_PARAMS LATEST -1"),
        ("LATEST #tea * :many of them", "INVALID_PARAMS LATEST many_of_them"),
        ("BEFORE #tea * 10", "INVALID_PARAMS BEFORE *"),
        ("BEFORE #tea timestamp=yesterday 10", "INVALID_PARAMS BEFORE timestamp=yesterday"),
        ("BEFORE #tea order=66 10", "INVALID_MSGREFTYPE BEFORE #tea order=66"),
        ("BEFORE #tea msgid=zzz 10", "MESSAGE_ERROR BEFORE #tea msgid=zzz"),
        ("BEFORE #tea msgid=\u00e4 10", "MESSAGE_ERROR BEFORE #tea msgid=\u00e4"),
        ("TARGETS msgid=1 msgid=2 10", "INVALID_PARAMS TARGETS msgid=1"),
        ("LATEST #unknown * 10", "INVALID_TARGET LATEST #unknown"),
        ("LATEST #milk * 10", "INVALID_TARGET LATEST #milk"),
        ("LATEST @#tea * 10", "INVALID_TARGET LATEST @#tea"),
    ],
)
def test_invalid_history_requests_are_refused(bench: EngineHarness, asked: str, answer: str) -> None:
    gather(bench, "#milk", "bob")
    gather(bench, "#tea", "alice")
    bench.play(
        f"""
        alice > CHATHISTORY {asked}
        alice ~ *:irc.example FAIL CHATHISTORY {answer} :*
        alice =
        """
    )


def test_a_msgid_of_another_room_is_refused(bench: EngineHarness) -> None:
    alice, _bob = gather(bench, "#tea", "alice", "bob")
    gather(bench, "#milk", "alice")
    (elsewhere,) = say(alice, "#milk", "milk")
    (private,) = say(alice, "bob", "psst")
    for line in (elsewhere, private):
        (answer,) = alice.ask(f"CHATHISTORY AFTER #tea msgid={line.tags['msgid']} 10")
        assert " FAIL CHATHISTORY MESSAGE_ERROR AFTER #tea msgid=" in answer


def test_history_is_refused_after_leaving_the_room(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    say(alice, "#tea", "one")
    bob.send("PART #tea")
    bench.play(
        """
        bob .
        bob > CHATHISTORY LATEST #tea * 10
        bob ~ *:irc.example FAIL CHATHISTORY INVALID_TARGET LATEST #tea :*
        """
    )


def test_a_page_is_not_sent_after_a_kick_during_the_read(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    say(alice, "#tea", "one")
    unit = begin(bob, "CHATHISTORY LATEST #tea * 10")
    alice.send("KICK #tea bob")
    bob.heard()
    (answer,) = map(parse, finish(bob, unit))
    assert (answer.command, answer.params[:2]) == ("FAIL", ["CHATHISTORY", "INVALID_TARGET"])


def test_an_unreadable_database_is_reported_as_a_failure(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(session: Session, *rest: object) -> list[Event]:
        raise OperationalError("SELECT", {}, Exception("disk I/O error"))

    (alice,) = gather(bench, "#tea", "alice")
    monkeypatch.setattr(pages, "latest", fail)
    answer, pong = map(parse, alice.ask("CHATHISTORY LATEST #tea * 10", "PING x"))
    assert answer.params[:-1] == ["CHATHISTORY", "MESSAGE_ERROR", "LATEST", "#tea"]
    assert pong.command == "PONG"
    assert "disk I/O error" in caplog.text


def test_pages_and_other_commands_are_answered_in_order(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    heard = alice.ask("PRIVMSG #tea :one", "CHATHISTORY LATEST #tea * 5", "PRIVMSG #tea :two", "PING x")
    assert [parse(line).command for line in heard] == [
        *("PRIVMSG", "BATCH", "PRIVMSG", "BATCH", "PRIVMSG", "PONG")
    ]
    assert [parse(line).params[-1] for line in heard if "PRIVMSG" in line] == ["one", "one", "two"]


def test_a_timestamp_may_be_far_in_the_future(bench: EngineHarness, clock: MovedClock) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    (said,) = say(alice, "#tea", "hi")
    far = "timestamp=2262-04-11T23:47:16.854Z"
    assert texts(alice, f"BEFORE #tea {far} 5") == ["hi"]
    assert texts(alice, f"BETWEEN #tea {far} timestamp=1970-01-01T00:00:00.000Z 5") == ["hi"]
    assert said.tags["time"] >= to_iso(clock.instant)
    assert said.tags["msgid"] != msgid(0)


END = "draft/chathistory-end"


def is_marked(person: HarnessClient, question: str) -> bool:
    """Request history and return whether the batch is marked as the last page."""
    first, *_ = map(parse, person.ask(f"CHATHISTORY {question}"))
    assert first.command == "BATCH"
    return END in first.tags


@pytest.mark.parametrize(
    ("question", "is_last"),
    [
        ("LATEST #tea * 3", False),
        ("LATEST #tea * 4", True),
        ("LATEST #tea {1} 3", True),
        ("BEFORE #tea {4} 3", True),
        ("BEFORE #tea {4} 2", False),
        ("BEFORE #tea {1} 9", True),
        ("AFTER #tea {1} 3", True),
        ("AFTER #tea {1} 2", False),
        ("AFTER #tea {4} 1", True),
        ("BETWEEN #tea {1} {4} 2", True),
        ("BETWEEN #tea {1} {4} 1", False),
        ("BETWEEN #tea {4} {1} 1", False),
        ("AROUND #tea {2} 9", True),
        ("AROUND #tea {2} 3", False),
        ("LATEST nobody * 5", True),
        ("TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2262-01-01T00:00:00.000Z 1", False),
        ("TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2262-01-01T00:00:00.000Z 2", True),
    ],
)
def test_the_last_page_is_marked_as_the_end(bench: EngineHarness, question: str, is_last: bool) -> None:
    """See https://github.com/ircv3/ircv3-specifications/pull/598."""
    (alice,) = gather(bench, "#tea", "alice")
    said = say(alice, "#tea", "one", "two", "three", "four")
    say(alice, "alice", "note")
    references = [f"msgid={line.tags['msgid']}" for line in said]
    assert is_marked(alice, question.format("", *references)) == is_last


def test_the_end_is_marked_only_for_clients_with_message_tags(bench: EngineHarness) -> None:
    (alice,) = gather(bench, "#tea", "alice", caps=("batch", "draft/chathistory"))
    assert not is_marked(alice, "LATEST #tea * 5")


def test_hidden_history_ends_at_its_first_visible_message(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    alice.ask("MODE #tea +H")
    bob.ask("PART #tea")
    say(alice, "#tea", "before")
    bob.ask("JOIN #tea")
    say(alice, "#tea", "after")
    bob.heard()
    assert is_marked(bob, "LATEST #tea * 1")
    assert not is_marked(alice, "LATEST #tea * 1")
