"""CHATHISTORY TARGETS before joining: the rooms that an account was last in."""

import pytest

from app.wire.line import parse
from tests.engine.account_clients import account
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import enter, gather, say, texts

ALL = "CHATHISTORY TARGETS timestamp=1970-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z"


def targets(person: HarnessClient, limit: int = 99) -> set[str]:
    """Request all targets and return their names."""
    first, *lines, last = map(parse, person.ask(f"{ALL} {limit}"))
    assert (first.command, first.params[1:]) == ("BATCH", ["draft/chathistory-targets"])
    assert last.params == [f"-{first.params[0][1:]}"]
    return {line.params[1] for line in lines}


@pytest.fixture
def host(bench: EngineHarness) -> HarnessClient:
    """An operator of three rooms, in which anna, who has an account, was when she disconnected."""
    account(bench, "anna")
    (host,) = gather(bench, "#tea,#milk,#cake", "host")
    host.send("PRIVMSG #tea :old", "PRIVMSG #milk :old", "PRIVMSG #cake :old")
    return host


def visit(bench: EngineHarness, *lines: str, nick: str = "anna") -> None:
    """Let the account anna join the rooms, send lines and disconnect."""
    anna = enter(bench, nick, "anna")
    anna.send("JOIN #tea,#milk,#cake", *lines)
    anna.hang_up()


@pytest.mark.parametrize("restarted", [False, True])
def test_the_last_rooms_are_listed_before_joining(
    bench: EngineHarness, host: HarnessClient, restarted: bool
) -> None:
    visit(bench)
    say(host, "#milk", "missed")
    if restarted:
        bench.restart()
    anna = enter(bench, "anna", "anna")
    assert targets(anna) == {"#tea", "#cake", "#milk"}
    assert len(targets(anna, limit=1)) == 1
    anna.send("JOIN #milk")
    assert texts(anna, "LATEST #milk * 9") == ["old", "missed"]
    assert targets(anna) == {"#tea", "#cake", "#milk"}


def test_the_history_of_a_listed_room_needs_joining(bench: EngineHarness, host: HarnessClient) -> None:
    visit(bench)
    (line,) = enter(bench, "anna", "anna").ask("CHATHISTORY LATEST #tea * 9")
    assert " FAIL CHATHISTORY INVALID_TARGET LATEST #tea " in line


def test_only_the_rooms_of_the_last_session_are_listed(bench: EngineHarness, host: HarnessClient) -> None:
    visit(bench)
    anna = enter(bench, "anna_", "anna")
    anna.send("JOIN #milk")
    anna.hang_up()
    enter(bench, "anna", "anna").hang_up()  # without joining any
    assert targets(enter(bench, "anna", "anna")) == {"#milk"}


def test_rooms_that_were_left_are_not_listed(bench: EngineHarness, host: HarnessClient) -> None:
    visit(bench, "PART #cake")
    assert targets(enter(bench, "anna", "anna")) == {"#tea", "#milk"}


def test_rooms_after_a_kick_are_not_listed(bench: EngineHarness, host: HarnessClient) -> None:
    anna = enter(bench, "anna", "anna")
    anna.send("JOIN #tea,#milk,#cake")
    host.send("KICK #tea anna")
    anna.hang_up()
    assert targets(enter(bench, "anna", "anna")) == {"#milk", "#cake"}


@pytest.mark.parametrize("mode", ["+b anna!*@*", "+b ~a:anna", "+i", "+k secret", "+l 1"])
def test_rooms_that_one_may_not_join_are_not_listed(
    bench: EngineHarness, host: HarnessClient, mode: str
) -> None:
    visit(bench)
    host.send(f"MODE #tea {mode}")
    anna = enter(bench, "anna", "anna")
    assert targets(anna) == {"#milk", "#cake"}
    host.send("INVITE anna #tea")
    assert targets(anna) == {"#tea", "#milk", "#cake"}


def test_hidden_history_counts_from_the_start_of_the_stay(bench: EngineHarness, host: HarnessClient) -> None:
    host.send("MODE #tea +H")
    visit(bench)
    assert targets(enter(bench, "anna", "anna")) == {"#milk", "#cake"}
    say(host, "#tea", "missed")
    assert targets(bench.people["anna"]) == {"#milk", "#cake", "#tea"}


def test_guests_have_no_last_rooms(bench: EngineHarness, host: HarnessClient) -> None:
    gather(bench, "#tea", "gus")
    bench.people["gus"].hang_up()
    del bench.people["gus"]
    assert targets(gather(bench, "#milk", "gus")[0]) == {"#milk"}


def test_the_last_rooms_of_an_expired_session_are_listed(make_bench: MakeBench) -> None:
    bench = make_bench(always_on="opt-out")
    account(bench, "anna")
    (host,) = gather(bench, "#tea,#milk", "host")
    host.send("PRIVMSG #tea :old", "PRIVMSG #milk :old")
    anna = enter(bench, "anna", "anna")
    anna.send("JOIN #tea,#milk")
    anna.hang_up()
    host.send("KICK #tea anna")
    bench.settings = bench.settings.model_copy(update={"always_on": "off"})
    bench.restart()
    assert targets(enter(bench, "anna", "anna")) == {"#milk"}
