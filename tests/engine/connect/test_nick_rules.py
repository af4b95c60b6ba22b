"""Which nicks are allowed, and who may use them."""

import pytest

from tests.engine.account_clients import account, codes, enter
from tests.engine.harness import EngineHarness

DISGUISED = "pаypal"  # with a Cyrillic а


def test_names_of_any_script_can_be_used_and_registered(bench: EngineHarness) -> None:
    bench.dial("anna")
    bench.play(
        """
        anna > NICK Анна
        anna > USER anna 0 * :Анна
        anna ~ :irc.example 001 Анна :*
        anna .
        anna > REGISTER анна * секретно
        anna ~ :irc.example REGISTER SUCCESS Анна :*
        anna .
        anna > NICK АННА
        anna < :Анна!~anna@127.0.0.1 NICK :АННА
        anna =
        """
    )
    bench.connect("bob")
    bench.play("bob > PRIVMSG анна :привет\nanna < :bob!~bob@127.0.0.1 PRIVMSG АННА :привет")


def test_mixed_script_names_are_refused_everywhere(bench: EngineHarness) -> None:
    bench.dial("bar")
    bench.play(
        f"""
        bar > NICK {DISGUISED}
        bar ~ :irc.example 432 * {DISGUISED} :*Cyrillic and Latin*
        bar > NICK bar
        bar > REGISTER {DISGUISED} * secret
        bar ~ :irc.example FAIL REGISTER BAD_ACCOUNT_NAME {DISGUISED} :*
        bar > USER bar 0 * :Bar
        bar .
        bar > NICK {DISGUISED}
        bar ~ :irc.example 432 bar {DISGUISED} :*
        bar =
        """
    )


@pytest.mark.parametrize("is_here", [True, False])
def test_confusable_nicks_are_refused(bench: EngineHarness, is_here: bool) -> None:
    """Cyrillic `сосо` is refused while `coco` is connected or registered."""
    if is_here:
        bench.connect("coco")
    else:
        account(bench, "coco")
    bench.dial("bar")
    bench.play(
        """
        bar > NICK сосо
        bar ~ :irc.example 432 * сосо :This nick is too similar to coco*
        bar > REGISTER * * secret
        bar ~ :irc.example FAIL REGISTER BAD_ACCOUNT_NAME сосо :This name is too similar to coco*
        bar =
        """
    )


def test_a_confusable_nick_is_free_once_the_name_is(bench: EngineHarness) -> None:
    bench.connect("coco").send("QUIT")
    bench.connect("сосо")


def test_a_registered_nick_needs_its_account(bench: EngineHarness) -> None:
    account(bench, "Anna")
    bench.connect("bob")
    bench.dial("anna")
    bench.play(
        """
        anna > NICK anna
        anna > USER anna 0 * :Anna
        anna ~ :irc.example 433 * anna :This nick is registered*
        anna > NICK ANNA
        anna ~ :irc.example 433 * ANNA :This nick is registered*
        bob > NICK Anna
        bob ~ :irc.example 433 bob Anna :This nick is registered*
        bob =
        """
    )
    enter(bench, "carol", "anna")
    bench.play("carol > NICK anna\ncarol < :carol!~carol@127.0.0.1 NICK :anna")


def test_a_nick_in_use_is_refused_with_one_line(bench: EngineHarness) -> None:
    bench.connect("alice")
    bench.connect("bob", "labeled-response", "batch")
    bench.play(
        """
        bob > NICK Alice
        bob ~ :irc.example 433 bob Alice :*
        bob =
        bob > @label=x NICK alice
        bob ~ @label=x :irc.example 433 bob alice :*
        bob =
        alice =
        """
    )


def test_a_nick_change_is_announced_once(bench: EngineHarness) -> None:
    bench.connect("alice", "labeled-response", "batch")
    bench.connect("bob")
    bench.connect("carol")
    for room in ("#tea", "#milk"):
        bench.people["alice"].send(f"JOIN {room}")
        bench.people["bob"].send(f"JOIN {room}")
    bench.play(
        """
        alice .
        bob .
        alice > NICK ALICE
        alice < :alice!~alice@127.0.0.1 NICK :ALICE
        bob < :alice!~alice@127.0.0.1 NICK :ALICE
        alice > NICK ALICE
        alice =
        alice > @label=x NICK alicia
        alice < @label=x :ALICE!~alice@127.0.0.1 NICK :alicia
        alice =
        bob < :ALICE!~alice@127.0.0.1 NICK :alicia
        bob =
        carol =
        """
    )


@pytest.mark.parametrize("leaving", ["NICK other", "QUIT"])
def test_a_nick_is_free_immediately_after_quit(bench: EngineHarness, leaving: str) -> None:
    bench.connect("Alice").send(leaving)
    bench.connect("aLICE")


def test_an_unregistered_connection_does_not_hold_a_nick(bench: EngineHarness) -> None:
    one = bench.dial("one")
    one.send("NICK bar", "QUIT")
    bench.connect("bar")


@pytest.mark.parametrize(
    "nick", ["a,b", "a!b", "a@b", "1a", "-a", "~a", "&a", "a b", "x" * 33, "a.b", "a*", "\x02a"]
)
def test_invalid_nicks_are_refused(bench: EngineHarness, nick: str) -> None:
    assert codes(bench.dial("bar").ask(f"NICK :{nick}")) == ["432"]


def test_an_account_can_use_another_nick(bench: EngineHarness) -> None:
    account(bench, "jilles")
    bench.connect("alice", "extended-join", "account-tag").send("JOIN #tea")
    enter(bench, "bar", "jilles")
    bench.play(
        """
        alice .
        bar > JOIN #tea
        alice < :bar!~bar@127.0.0.1 JOIN #tea jilles :bar
        bar > PRIVMSG #tea :hi
        alice < @account=jilles :bar!~bar@127.0.0.1 PRIVMSG #tea :hi
        """.replace("alice < :bar!~bar@127.0.0.1 JOIN", "alice ~ *:bar!~bar@127.0.0.1 JOIN")
    )
