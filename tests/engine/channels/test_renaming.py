"""RENAME (IRCv3 draft/channel-rename)."""

from app.services.administration import audit
from app.services.rooms.administration import create_room, rename_room
from tests.conftest import MovedClock
from tests.engine import history_clients
from tests.engine.account_clients import account, enter
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather, people
from tests.story import Story

CAP = "draft/channel-rename"


def scene(bench: EngineHarness) -> None:
    """Alice is an operator with the capability, Bob a member without it, Carol outside."""
    bench.connect("alice", CAP)
    gather(bench, "#tea", "alice", "bob")
    people(bench, "carol")


def test_clients_see_rename_or_a_part_and_join(bench: EngineHarness) -> None:
    scene(bench)
    bench.play(
        """
        alice > TOPIC #tea :green
        alice .
        bob .
        alice > RENAME #tea #Chai :why not
        alice < :alice!~alice@127.0.0.1 RENAME #tea #Chai :why not
        alice =
        bob < :bob!~bob@127.0.0.1 PART #tea :why not
        bob < :bob!~bob@127.0.0.1 JOIN #Chai
        bob < :irc.example 332 bob #Chai :green
        bob ~ :irc.example 333 bob #Chai alice!~alice@127.0.0.1 *
        bob ~ :irc.example 353 bob = #Chai :*
        bob ~ :irc.example 366 bob #Chai :*
        bob =
        bob > PRIVMSG #chai :hello
        alice < :bob!~bob@127.0.0.1 PRIVMSG #Chai :hello
        bob > PRIVMSG #tea :hello
        bob ~ :irc.example 403 bob #tea :*
        """
    )


def test_the_old_name_can_be_reused(bench: EngineHarness) -> None:
    scene(bench)
    bench.play(
        """
        alice > RENAME #tea #chai
        alice < :alice!~alice@127.0.0.1 RENAME #tea #chai :
        carol > JOIN #tea
        carol < :carol!~carol@127.0.0.1 JOIN #tea
        carol ~ :irc.example 353 carol = #tea :@carol
        carol ~ :irc.example 366 carol #tea :*
        alice =
        """
    )


def test_a_renaming_client_without_the_capability_sees_part_and_join(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    bench.play(
        """
        alice > RENAME #tea #chai
        alice < :alice!~alice@127.0.0.1 PART #tea
        alice < :alice!~alice@127.0.0.1 JOIN #chai
        alice ~ :irc.example 353 alice = #chai :@alice
        alice ~ :irc.example 366 alice #chai :*
        alice =
        """
    )


def test_changing_only_the_case_moves_nobody(bench: EngineHarness) -> None:
    scene(bench)
    bench.play(
        """
        alice > RENAME #tea #TEA
        alice < :alice!~alice@127.0.0.1 RENAME #tea #TEA :
        bob =
        bob > MODE #tea
        bob ~ :irc.example 324 bob #TEA *
        """
    )


def test_invalid_renames_are_refused(bench: EngineHarness, clock: MovedClock) -> None:
    scene(bench)
    gather(bench, "#milk", "carol")
    bench.play(
        """
        bob > RENAME #tea #chai
        bob ~ :irc.example 482 bob #tea :*
        carol > RENAME #tea #chai
        carol ~ :irc.example 442 carol #tea :*
        carol > RENAME #nowhere #chai
        carol ~ :irc.example 403 carol #nowhere :*
        alice > RENAME #tea #MILK
        alice ~ :irc.example FAIL RENAME CHANNEL_NAME_IN_USE #tea #MILK :*
        alice > RENAME #tea &tea
        alice ~ :irc.example FAIL RENAME CANNOT_RENAME #tea &tea :*
        alice > RENAME #tea
        alice ~ :irc.example 461 alice RENAME :*
        alice > RENAME #tea #tea
        alice =
        alice > RENAME #tea #chai
        alice ~ :alice!* RENAME #tea #chai :
        alice > RENAME #chai #tea
        alice ~ :irc.example FAIL RENAME CANNOT_RENAME #chai #tea :*; wait 60 seconds
        """
    )
    clock.instant += 60_000
    assert len(bench.people["alice"].ask("RENAME #chai #tea")) == 1


def test_official_rooms_are_renamed_only_by_administrators(make_bench: MakeBench) -> None:
    bench = make_bench(auto_join=["#general"])
    account(bench, "root", role="admin")
    Story(bench.database, bench.clock).apply(lambda admin: create_room(admin, "#ops", 64))
    root = enter(bench, "root", "root", CAP)
    bench.connect("alice", CAP)
    gather(bench, "#ops", "root", "alice")
    root.ask("MODE #ops +o alice")
    assert bench.people["alice"].ask("RENAME #ops #chai")[-1].startswith(":irc.example 481 ")
    assert root.ask("RENAME #ops #chai") == [":root!~root@127.0.0.1 RENAME #ops #chai :"]
    assert "auto_join" in root.ask("RENAME #general #chat")[0]
    assert root.ask("RENAME #general #General") == [":root!~root@127.0.0.1 RENAME #general #General :"]


def test_a_renamed_room_keeps_its_state_over_a_restart(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna = reader(bench)
    anna.ask("JOIN #tea", "MODE #tea +b bob", "PRIVMSG #tea :one")
    instant = "timestamp=2026-11-22T12:00:05.123Z"
    anna.ask(f"MARKREAD #tea {instant}")
    anna.ask("RENAME #tea #chai")
    for _ in range(2):
        assert [line for line in anna.ask("MARKREAD #chai") if instant in line]
        assert [line for line in anna.ask("MARKREAD #tea") if line.endswith(" *")]
        assert history_clients.texts(anna, "LATEST #chai * 9") == ["one"]
        assert any(" 367 " in line and "bob!*@*" in line for line in anna.ask("MODE #chai b"))
        assert any(":@anna" in line for line in anna.ask("NAMES #chai"))
        bench.restart()
        anna = reader(bench)
        anna.ask("JOIN #chai")


def reader(bench: EngineHarness) -> HarnessClient:
    """Connect Anna with all capabilities."""
    return enter(bench, "anna", "anna", *history_clients.CAPS, "draft/read-marker", CAP)


def test_a_rename_by_chat_admin_reaches_the_room(bench: EngineHarness) -> None:
    scene(bench)
    story = Story(bench.database, bench.clock)
    story.apply(lambda admin: rename_room(admin, "#tea", "#chai", 64, [], "tidy"), by="irc.example")
    bench.play(
        """
        carol > PING x
        carol .
        carol > JOIN #tea
        carol .
        alice < :irc.example RENAME #tea #chai :tidy
        alice =
        bob < :bob!~bob@127.0.0.1 PART #tea :tidy
        bob < :bob!~bob@127.0.0.1 JOIN #chai
        """
    )


def test_renames_are_audited_and_labelled(bench: EngineHarness) -> None:
    bench.connect("alice", CAP, "labeled-response", "batch")
    gather(bench, "#tea", "alice")
    assert bench.people["alice"].ask("@label=1 RENAME #tea #chai :why") == [
        "@label=1 :alice!~alice@127.0.0.1 RENAME #tea #chai :why"
    ]
    with bench.database.reading() as session:
        (trace,) = audit.find_latest_entries(session, 9)
    assert (trace.action, trace.target) == ("room.rename", "#tea")
    assert trace.detail == {"by": "alice", "to": "#chai", "reason": "why"}
