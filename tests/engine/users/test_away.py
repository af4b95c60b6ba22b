"""AWAY and away-notify."""

from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people, user


def test_going_away_and_coming_back_are_one_reply_each(bench: EngineHarness) -> None:
    people(bench, "alice")
    bench.play(
        """
        alice > AWAY :having tea
        alice < :irc.example 306 alice :You are now marked as away
        alice > AWAY
        alice < :irc.example 305 alice :You are no longer marked as away
        alice > AWAY tea
        alice ~ :irc.example 306 alice :*
        alice > AWAY :
        alice ~ :irc.example 305 alice :*
        alice =
        """
    )


def test_a_private_message_gets_the_away_reply(bench: EngineHarness) -> None:
    people(bench, "alice", "bob")
    bench.play(
        """
        bob > AWAY :having tea
        bob .
        alice > PRIVMSG bob :hi
        alice < :irc.example 301 alice bob :having tea
        alice > NOTICE bob :hi
        alice =
        bob > AWAY
        alice > PRIVMSG bob :hi
        alice =
        """
    )


def test_userhost_shows_away(bench: EngineHarness) -> None:
    people(bench, "alice", "bar")
    bench.play(
        """
        alice > USERHOST bar
        alice < :irc.example 302 alice :bar=+~bar@127.0.0.1
        bar > AWAY :tea
        alice > USERHOST bar
        alice < :irc.example 302 alice :bar=-~bar@127.0.0.1
        """
    )


def test_away_notify_is_sent_once(bench: EngineHarness) -> None:
    for name in ("bar", "carol"):
        bench.connect(name, "away-notify")
    bench.connect("stranger", "away-notify")
    for room in ("#tea", "#milk"):
        gather(bench, room, "bar", "carol", "dave")
    bench.play(
        """
        bar > AWAY :having tea
        bar ~ :irc.example 306 bar :*
        bar =
        carol < :bar!~bar@127.0.0.1 AWAY :having tea
        carol =
        dave =
        stranger =
        bar > AWAY :having tea
        carol =
        bar > AWAY
        carol < :bar!~bar@127.0.0.1 AWAY
        carol =
        bar > AWAY
        carol =
        """
    )


def test_away_notify_is_sent_on_join(bench: EngineHarness) -> None:
    for name in ("alice", "bar"):
        bench.connect(name, "away-notify")
    gather(bench, "#tea", "alice", "carol")
    bench.play(
        """
        bar > AWAY :having tea
        bar .
        bar > JOIN #tea
        bar < :bar!~bar@127.0.0.1 JOIN #tea
        bar ~ :irc.example 353 *
        bar ~ :irc.example 366 *
        bar =
        alice .
        alice =
        """
    )
    bench.play(
        """
        bar > PART #tea
        alice .
        carol .
        bar > JOIN #tea
        alice < :bar!~bar@127.0.0.1 JOIN #tea
        alice < :bar!~bar@127.0.0.1 AWAY :having tea
        alice =
        carol < :bar!~bar@127.0.0.1 JOIN #tea
        carol =
        """
    )


def test_a_labelled_away_gets_one_labelled_reply(bench: EngineHarness) -> None:
    bench.connect("alice", "labeled-response", "batch")
    bench.play(
        """
        alice > @label=a1 AWAY :tea
        alice ~ @label=a1 :irc.example 306 alice :*
        alice =
        """
    )


def test_away_messages_are_cut_to_awaylen(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    alice.send("AWAY :" + "x" * 480)
    assert user(bench, "alice").away == "x" * 390
    assert any("AWAYLEN=390" in line for line in alice.ask("VERSION"))


def test_multibyte_away_messages_fit_every_line(bench: EngineHarness) -> None:
    alice, bob = gather(bench, "#tea", "alice", bench.connect("bob", "away-notify").name)
    alice.send("AWAY :" + "я" * 240)
    lines = [*bob.heard(), *bob.ask("PRIVMSG alice :hi")]
    assert len(lines) == 2
    assert all(len(line.encode()) <= 510 and line.endswith("яя") for line in lines)
