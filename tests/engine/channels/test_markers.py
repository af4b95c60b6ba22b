"""MARKREAD (IRCv3 draft/read-marker)."""

import pytest
from sqlalchemy import select, text

from app.commands.channels.markers import MAX_MARKERS
from app.db.models import ReadMarkerRow
from tests.conftest import MovedClock
from tests.engine.account_clients import account
from tests.engine.account_clients import enter as enter_with
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient

CAPS = ("draft/read-marker", "labeled-response", "batch")
NOON = "timestamp=2026-11-22T12:00:00.123Z"
LATER = "timestamp=2026-11-22T12:00:00.124Z"


def enter(bench: EngineHarness, name: str, nick: str, *caps: str) -> HarnessClient:
    """Connect with the account `anna` as a device named differently in transcripts."""
    person = enter_with(bench, nick, "anna", *caps)
    bench.people[name] = bench.people.pop(nick)
    return person


def test_a_read_marker_never_moves_back(bench: EngineHarness) -> None:
    bench.connect("alice", *CAPS)
    bench.play(
        f"""
        alice > MARKREAD #tea
        alice < :irc.example MARKREAD #tea *
        alice > @label=x MARKREAD #tea {NOON}
        alice < @label=x :irc.example MARKREAD #tea {NOON}
        alice > MARKREAD #tea {LATER}
        alice < :irc.example MARKREAD #tea {LATER}
        alice > MARKREAD #tea {NOON}
        alice < :irc.example MARKREAD #tea {LATER}
        alice > MARKREAD #TEA
        alice < :irc.example MARKREAD #TEA {LATER}
        alice > MARKREAD bob {NOON}
        alice < :irc.example MARKREAD bob {NOON}
        alice =
        """
    )


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("", "NEED_MORE_PARAMS"),
        ("#tea *", "INVALID_PARAMS #tea *"),
        ("#tea yesterday", "INVALID_PARAMS #tea yesterday"),
        ("#tea 2026-11-22T12:00:00.123Z", "INVALID_PARAMS #tea 2026-11-22T12:00:00.123Z"),
        ("#tea timestamp=2026-11-22", "INVALID_PARAMS #tea timestamp=2026-11-22"),
        ("#tea timestamp=2026-11-22T12:00:00Z", "INVALID_PARAMS #tea timestamp=2026-11-22T12:00:00Z"),
        ("#tea timestamp=2026-13-22T12:00:00.123Z", "INVALID_PARAMS #tea timestamp=2026-13-22T12:00:00.123Z"),
        ("#tea :two words", "INVALID_PARAMS #tea two_words"),
        (":two words", "INVALID_PARAMS two_words"),
        ("x" * 129, "INVALID_PARAMS " + "x" * 129),
    ],
)
def test_invalid_read_markers_are_refused(bench: EngineHarness, asked: str, answer: str) -> None:
    bench.connect("alice", *CAPS)
    bench.play(
        f"""
        alice > MARKREAD {asked}
        alice ~ :irc.example FAIL MARKREAD {answer} :*
        alice =
        alice > MARKREAD #tea
        alice < :irc.example MARKREAD #tea *
        """
    )


def test_a_join_sends_the_marker_before_the_end_of_names(bench: EngineHarness) -> None:
    bench.connect("alice", *CAPS)
    bench.connect("bob")
    bench.play(
        f"""
        alice > JOIN #tea
        alice < :alice!~alice@127.0.0.1 JOIN #tea
        alice < :irc.example MARKREAD #tea *
        alice ~ * 353 *
        alice ~ * 366 *
        alice > MARKREAD #tea {NOON}
        alice < :irc.example MARKREAD #tea {NOON}
        alice > PART #tea
        alice ~ * PART #tea
        alice > JOIN #TEA
        alice ~ * JOIN #*
        alice ~ :irc.example MARKREAD #* {NOON}
        alice ~ * 353 *
        alice ~ * 366 *
        alice =
        bob > JOIN #milk
        bob ~ * JOIN #milk
        bob ~ * 353 *
        bob ~ * 366 *
        bob =
        """
    )


def test_markers_of_an_account_survive_a_restart(bench: EngineHarness) -> None:
    account(bench, "anna")
    first = enter(bench, "phone", "anna", *CAPS)
    first.ask("JOIN #tea", f"MARKREAD #tea {NOON}", f"MARKREAD bob {NOON}")
    first.hang_up()
    for _ in range(2):
        again = bench.dial("anna")
        again.send("CAP REQ :draft/read-marker", "PASS :anna:sesame street", "NICK anna", "USER a 0 * :A")
        again.send("CAP END")
        assert [line.params for line in again.hears("MARKREAD")] == [["#tea", NOON]]
        assert again.ask("MARKREAD bob") == [f":irc.example MARKREAD bob {NOON}"]
        bench.restart()


def test_a_new_device_receives_each_rooms_marker_once(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "phone", "anna", *CAPS).ask("JOIN #tea", f"MARKREAD #tea {NOON}", f"MARKREAD #old {NOON}")
    runtime = bench.dial("desk")
    runtime.send(
        "CAP REQ :draft/read-marker", "PASS :anna:sesame street", "NICK anna", "USER a 0 * :A", "CAP END"
    )
    assert [line.params for line in runtime.hears("MARKREAD")] == [["#tea", NOON], ["#old", NOON]]


def test_a_marker_is_sent_only_to_the_accounts_devices(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "phone", "anna", *CAPS)
    enter(bench, "desk", "anna", *CAPS)
    enter(bench, "other", "anna_", "draft/read-marker", "account-tag")
    enter(bench, "plain", "anna")
    bench.connect("bob", *CAPS)
    bench.play(
        f"""
        phone .
        desk .
        other .
        plain .
        phone > MARKREAD #tea {LATER}
        phone < :irc.example MARKREAD #tea {LATER}
        desk < :irc.example MARKREAD #tea {LATER}
        other < :irc.example MARKREAD #tea {LATER}
        desk > MARKREAD #tea {NOON}
        desk < :irc.example MARKREAD #tea {LATER}
        phone =
        desk =
        other =
        plain =
        bob > MARKREAD #tea
        bob < :irc.example MARKREAD #tea *
        bob =
        """
    )


def test_a_guests_markers_end_with_the_session(bench: EngineHarness) -> None:
    guest = bench.connect("alice", *CAPS)
    guest.ask(f"MARKREAD #tea {NOON}")
    with bench.database.reading() as session:
        assert len(session.scalars(select(ReadMarkerRow)).all()) == 1
    guest.hang_up()
    with bench.database.reading() as session:
        assert session.scalars(select(ReadMarkerRow)).all() == []
    assert bench.connect("alice", *CAPS).ask("MARKREAD #tea") == [":irc.example MARKREAD #tea *"]


def test_markers_set_in_a_changeset_are_visible_later_in_it(bench: EngineHarness) -> None:
    account(bench, "anna")
    phone = enter(bench, "phone", "anna", *CAPS)
    told = phone.ask(f"MARKREAD #tea {NOON}", "MARKREAD #tea", f"MARKREAD #tea {LATER}", "MARKREAD #tea")
    assert [line.rpartition(" ")[2] for line in told] == [NOON, NOON, LATER, LATER]
    bench.restart()
    phone = enter(bench, "phone", "anna", *CAPS)
    assert phone.ask("MARKREAD #tea") == [f":irc.example MARKREAD #tea {LATER}"]


def test_a_marker_set_on_another_node_reaches_local_devices(make_bench: MakeBench, clock: MovedClock) -> None:
    bench = make_bench()
    account(bench, "anna")
    bench.connect("bob")  # the news of the account are taken in
    there = EngineHarness(bench.database, clock, node="there")
    enter(bench, "here", "anna", *CAPS)
    enter(there, "there", "anna", *CAPS).ask(f"MARKREAD #tea {NOON}")
    here = bench.people["here"]
    here.heard()
    here.send("MARKREAD #tea")
    assert here.heard() == [f":irc.example MARKREAD #tea {NOON}"] * 2
    there.core.runtime.ledger.close()


def test_the_number_of_markers_is_limited(bench: EngineHarness) -> None:
    alice = bench.connect("alice", *CAPS)
    alice.send(*(f"MARKREAD #{number} {NOON}" for number in range(MAX_MARKERS)))
    assert all(NOON in line for line in alice.heard())
    bench.play(
        f"""
        alice > MARKREAD #more {NOON}
        alice ~ :irc.example FAIL MARKREAD INTERNAL_ERROR #more :*
        alice > MARKREAD #0 {LATER}
        alice < :irc.example MARKREAD #0 {LATER}
        alice =
        """
    )


def test_a_marker_that_cannot_be_stored_is_not_set(bench: EngineHarness) -> None:
    alice = bench.connect("alice", *CAPS)
    alice.ask(f"MARKREAD #tea {NOON}")
    with bench.database.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER full BEFORE INSERT ON read_marker WHEN NEW.at % 10 = 4 "
                "BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        )
    assert any("NOT_STORED" in line for line in alice.ask(f"MARKREAD #tea {LATER}"))
    assert alice.ask("MARKREAD #tea") == [f":irc.example MARKREAD #tea {NOON}"]
