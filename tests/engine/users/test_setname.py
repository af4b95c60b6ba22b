"""SETNAME (IRCv3 setname)."""

from sqlalchemy import select

from app.db.models import SessionRow
from app.wire.line import parse
from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people


def test_setname_reaches_self_and_members_with_the_capability(bench: EngineHarness) -> None:
    for name in ("alice", "bob", "stranger"):
        bench.connect(name, "setname")
    for room in ("#tea", "#milk"):
        gather(bench, room, "alice", "bob", "carol")
    bench.play(
        """
        alice > SETNAME :Alice the Great
        alice < :alice!~alice@127.0.0.1 SETNAME :Alice the Great
        alice =
        bob < :alice!~alice@127.0.0.1 SETNAME :Alice the Great
        bob =
        carol =
        stranger =
        """
    )


def test_setname_works_silently_without_the_capability(bench: EngineHarness) -> None:
    bench.connect("bob", "setname")
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > SETNAME Alicia
        alice =
        bob < :alice!~alice@127.0.0.1 SETNAME :Alicia
        """
    )


def test_the_new_realname_is_visible_at_once(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", bench.connect("bob", "extended-join").name)
    bench.play(
        """
        alice > SETNAME :Alice the Great
        bob > WHOIS alice
        bob < :irc.example 311 bob alice ~alice 127.0.0.1 * :Alice the Great
        bob .
        bob > WHO alice
        bob ~ :irc.example 352 bob * ~alice 127.0.0.1 irc.example alice H* :0 Alice the Great
        bob .
        alice > PART #tea
        alice > JOIN #tea
        alice > QUIT
        bob ~ *PART*
        bob < :alice!~alice@127.0.0.1 JOIN #tea * :Alice the Great
        bob .
        bob > WHOWAS alice
        bob ~ :irc.example 314 * :Alice the Great
        """
    )


def test_the_realname_is_stored(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    alice.send("SETNAME :Alice the Great")
    with bench.database.reading() as session:
        assert session.scalars(select(SessionRow.realname)).all() == ["Alice the Great"]


def test_setname_reaches_extended_monitors(bench: EngineHarness) -> None:
    bench.connect("alice", "extended-monitor", "setname").ask("MONITOR + bob")
    people(bench, "bob", "alice")
    bench.play(
        """
        bob > SETNAME Bobby
        alice < :bob!~bob@127.0.0.1 SETNAME :Bobby
        alice =
        """
    )


def test_setname_reaches_other_devices(bench: EngineHarness) -> None:
    account(bench, "anna")
    here, there = enter(bench, "anna", "anna"), enter(bench, "anna", "anna", "setname")
    here.heard()
    here.send("SETNAME :Anna K.")
    assert there.heard() == [":anna!~anna@127.0.0.1 SETNAME :Anna K."]
    assert here.heard() == []


def test_empty_and_overlong_realnames_are_refused(bench: EngineHarness) -> None:
    alice = bench.connect("alice", "setname")
    assert any("NAMELEN=128" in line.split() for line in alice.ask("VERSION"))
    for name in (":", ":  ", ":" + "x" * 129, ":" + "🙂" * 120):
        (line,) = [parse(line) for line in alice.ask(f"SETNAME {name}")]
        assert (line.command, line.params[:2]) == ("FAIL", ["SETNAME", "INVALID_REALNAME"])
    bench.play(
        f"""
        alice > SETNAME
        alice ~ :irc.example 461 alice SETNAME :*
        alice > WHOIS alice
        alice ~ :irc.example 311 * :Alice
        alice .
        alice > SETNAME :{"x" * 128}
        alice < :alice!~alice@127.0.0.1 SETNAME :{"x" * 128}
        """
    )


def test_a_labelled_setname_gets_one_response(bench: EngineHarness) -> None:
    bench.connect("alice", "labeled-response", "batch", "setname")
    bench.connect("bob", "labeled-response", "batch")
    bench.play(
        """
        alice > @label=s SETNAME Alicia
        alice < @label=s :alice!~alice@127.0.0.1 SETNAME :Alicia
        alice =
        bob > @label=s SETNAME Bobby
        bob < @label=s :irc.example ACK
        bob =
        """
    )
