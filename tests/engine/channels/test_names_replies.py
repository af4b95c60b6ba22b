"""NAMES with userhost-in-names and no-implicit-names (IRCv3)."""

from app.wire.line import parse
from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people


def test_userhost_in_names_shows_full_sources(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    bench.connect("bob", "userhost-in-names")
    bench.connect("carol", "userhost-in-names", "multi-prefix")
    bench.play(
        """
        bob > JOIN #tea
        bob < :bob!~bob@127.0.0.1 JOIN #tea
        bob < :irc.example 353 bob = #tea :@alice!~alice@127.0.0.1 bob!~bob@127.0.0.1
        bob ~ :irc.example 366 *
        alice > MODE #tea +v alice
        carol > JOIN #tea
        carol ~ *JOIN #tea
        carol < :irc.example 353 carol = #tea :@+alice!~alice@127.0.0.1 bob!~bob@127.0.0.1 carol!~carol@127.0.0.1
        carol ~ :irc.example 366 *
        alice .
        alice > NAMES #tea
        alice < :irc.example 353 alice = #tea :@alice bob carol
        """
    )


def test_full_sources_are_split_into_lines_that_fit(bench: EngineHarness) -> None:
    names = [f"somebody-with-a-long-nick-{number}" for number in range(12)]
    gather(bench, "#tea", *names)
    bench.connect("bob", "userhost-in-names").ask("JOIN #tea")
    lines = bench.people["bob"].ask("NAMES #tea")
    assert all(len(line) <= 510 for line in lines)
    shown = [
        word for line in map(parse, lines) if line.command == "353" for word in line.params[3].split(" ")
    ]
    assert [word.lstrip("@").partition("!")[0] for word in shown] == [*names, "bob"]


def test_no_implicit_names_suppresses_names_on_join(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    bench.connect("bob", "no-implicit-names")
    bench.play(
        """
        alice > TOPIC #tea :leaves
        bob > JOIN #tea
        bob < :bob!~bob@127.0.0.1 JOIN #tea
        bob < :irc.example 332 bob #tea :leaves
        bob ~ :irc.example 333 bob #tea *
        bob =
        bob > NAMES #tea
        bob < :irc.example 353 bob = #tea :@alice bob
        bob < :irc.example 366 bob #tea :End of NAMES list
        bob =
        """
    )


def test_no_implicit_names_applies_to_further_devices(bench: EngineHarness) -> None:
    account(bench, "anna")
    here, there = enter(bench, "anna", "anna"), enter(bench, "anna", "anna", "no-implicit-names")
    people(bench, "alice")
    there.heard()
    here.send("JOIN #tea")
    assert there.heard() == [":anna!~anna@127.0.0.1 JOIN #tea"]
    assert any(" 353 " in line for line in here.heard())
