"""Several devices of one account observe each other's changes."""

from tests.engine.account_clients import account, codes, enter
from tests.engine.harness import EngineHarness


def test_all_devices_see_a_join_by_one_of_them(bench: EngineHarness) -> None:
    account(bench, "anna")
    bob = bench.connect("bob")
    bob.send("JOIN #tea", "TOPIC #tea :leaves", "PRIVMSG #tea :before")
    here, there = enter(bench, "anna", "anna"), enter(bench, "anna", "anna", "draft/chathistory")
    bob.heard()
    here.send("JOIN #tea")
    assert there.heard() == [
        ":anna!~anna@127.0.0.1 JOIN #tea",
        ":irc.example 332 anna #tea :leaves",
        f":irc.example 333 anna #tea bob!~bob@127.0.0.1 {bench.clock.now() // 1000}",
        ":irc.example 353 anna = #tea :@bob anna",
        ":irc.example 366 anna #tea :End of NAMES list",
    ]
    assert codes(here.heard()) == ["JOIN", "332", "333", "353", "366", "PRIVMSG"]
    assert codes(bob.heard()) == ["JOIN"]


def test_all_devices_see_the_operator_role_once(bench: EngineHarness) -> None:
    account(bench, "anna")
    here, there = enter(bench, "anna", "anna"), enter(bench, "anna", "anna")
    here.heard()
    here.send("JOIN #tea", "PRIVMSG #tea :hi")
    assert here.heard() == [
        ":anna!~anna@127.0.0.1 JOIN #tea",
        ":irc.example 353 anna = #tea :@anna",
        ":irc.example 366 anna #tea :End of NAMES list",
    ]
    assert there.heard() == [
        ":anna!~anna@127.0.0.1 JOIN #tea",
        ":irc.example 353 anna = #tea :@anna",
        ":irc.example 366 anna #tea :End of NAMES list",
        ":anna!~anna@127.0.0.1 PRIVMSG #tea :hi",
    ]


def test_a_part_by_one_device_applies_to_all(bench: EngineHarness) -> None:
    account(bench, "anna")
    here, there = enter(bench, "anna", "anna"), enter(bench, "anna", "anna")
    bob = bench.connect("bob")
    bob.send("JOIN #tea")
    here.send("JOIN #tea")
    for person in (here, there, bob):
        person.heard()
    here.send("PART #tea")
    bob.send("PRIVMSG #tea :alone")
    assert there.heard() == [":anna!~anna@127.0.0.1 PART #tea"]


def test_disconnecting_one_device_is_not_announced(bench: EngineHarness) -> None:
    account(bench, "anna")
    here, there = enter(bench, "anna", "anna"), enter(bench, "anna", "anna")
    bob = bench.connect("bob")
    bob.send("JOIN #tea")
    here.send("JOIN #tea")
    for person in (here, there, bob):
        person.heard()
    here.send("QUIT", "PRIVMSG #tea :after the end")
    bob.send("PRIVMSG #tea :still there?")
    assert there.heard() == [":bob!~bob@127.0.0.1 PRIVMSG #tea :still there?"]
    assert bob.heard() == []
    there.hang_up()
    assert bob.heard() == [":anna!~anna@127.0.0.1 QUIT :Connection closed"]
