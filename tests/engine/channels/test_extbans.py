"""Extended bans: mute and account masks (IRCv3 account-extban)."""

import pytest

from tests.engine.account_clients import account, enter
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people


def test_isupport_advertises_extended_bans(bench: EngineHarness) -> None:
    told = " ".join(bench.connect("alice").ask("VERSION", "ISUPPORT"))
    assert " EXTBAN=~,am " in told
    assert " ACCOUNTEXTBAN=a " in told


def test_muted_users_can_join_but_not_speak(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    people(bench, "bar")
    bench.play(
        """
        alice > MODE #tea +b ~m:bar!*@*
        alice < :alice!~alice@127.0.0.1 MODE #tea +b ~m:bar!*@*
        alice > MODE #tea b
        alice ~ :irc.example 367 alice #tea ~m:bar!*@* alice!~alice@127.0.0.1 *
        alice .
        bar > JOIN #tea
        bar < :bar!~bar@127.0.0.1 JOIN #tea
        bar .
        alice .
        bar > PRIVMSG #tea :psst
        bar ~ :irc.example 404 bar #tea :*
        bar > NOTICE #tea :psst
        bar =
        alice =
        alice > MODE #tea +e ~m:BAR
        alice < :alice!~alice@127.0.0.1 MODE #tea +e ~m:BAR!*@*
        bar .
        bar > PRIVMSG #tea :hello
        bar =
        alice < :bar!~bar@127.0.0.1 PRIVMSG #tea :hello
        """.replace("\\*", "*")
    )


def test_a_voiced_user_can_speak_despite_a_mute(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bar")
    bench.play(
        """
        alice > MODE #tea +bv ~m:bar!*@* bar
        alice .
        bar .
        bar > PRIVMSG #tea :hello
        bar =
        alice < :bar!~bar@127.0.0.1 PRIVMSG #tea :hello
        """
    )


def test_a_mute_exception_does_not_override_a_ban(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    people(bench, "bar")
    bench.play(
        """
        alice > MODE #tea +be bar!*@* ~m:bar!*@*
        alice .
        bar > JOIN #tea
        bar ~ :irc.example 474 bar #tea :*
        alice > MODE #tea +e bar
        alice .
        bar > JOIN #tea
        bar < :bar!~bar@127.0.0.1 JOIN #tea
        """
    )


def test_an_account_ban_matches_the_account_not_the_nick(bench: EngineHarness) -> None:
    account(bench, "Анна")
    gather(bench, "#tea", "alice")
    people(bench, "bar")
    enter(bench, "anna", "Анна")
    bench.play(
        """
        alice > MODE #tea +b ~a:bar
        alice .
        bar > JOIN #tea
        bar < :bar!~bar@127.0.0.1 JOIN #tea
        bar .
        alice > MODE #tea +b ~a:АННА
        alice .
        anna > JOIN #tea
        anna ~ :irc.example 474 anna #tea :*
        alice > MODE #tea +e ~a:анна
        alice .
        anna > JOIN #tea
        anna < :anna!~anna@127.0.0.1 JOIN #tea
        """
    )


def test_account_masks_work_in_invite_exceptions_and_mutes(bench: EngineHarness) -> None:
    account(bench, "bar")
    gather(bench, "#tea", "alice")
    enter(bench, "bob", "bar")
    bench.play(
        """
        alice > MODE #tea +iIb ~a:bar ~m:~a:bar
        alice < :alice!~alice@127.0.0.1 MODE #tea +iIb ~a:bar ~m:~a:bar
        bob > JOIN #tea
        bob < :bob!~bob@127.0.0.1 JOIN #tea
        bob .
        bob > PRIVMSG #tea :hello
        bob ~ :irc.example 404 bob #tea :*
        bob > PART #tea :you are all wrong
        bob < :bob!~bob@127.0.0.1 PART #tea
        """
    )


@pytest.mark.parametrize("change", ["+b ~x:bar", "+b ~a:", "+b ~m:~m:bar", "+I ~m:bar", "+e ~m:~q:bar"])
def test_malformed_extended_bans_are_refused(bench: EngineHarness, change: str) -> None:
    (alice,) = gather(bench, "#tea", "alice")
    (refusal,) = alice.ask(f"MODE #tea {change}")
    assert refusal.startswith(f":irc.example 696 alice #tea {change[1]} {change[3:]} :")


def test_extended_bans_survive_a_restart(bench: EngineHarness) -> None:
    account(bench, "bar")
    account(bench, "anna")
    enter(bench, "anna", "anna").send("JOIN #tea", "MODE #tea +b ~a:bar")
    bench.restart()
    enter(bench, "bob", "bar")
    bench.play(
        """
        bob > JOIN #tea
        bob ~ :irc.example 474 bob #tea :*
        """
    )
