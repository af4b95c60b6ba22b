"""REGISTER and LOGOUT (IRCv3 draft/account-registration)."""

import pytest

from app.engine.world.user import User
from tests.engine.account_clients import PASSWORD, account, begin, codes, enter, finish, log_in
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness


def user(bench: EngineHarness, nick: str) -> User:
    """Return a user of the world."""
    found = bench.core.runtime.world.find_user(nick)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["*", "Anna", "anna"])
def test_registering_the_current_nick_creates_an_account(bench: EngineHarness, name: str) -> None:
    bench.connect("Anna")
    bench.play(
        f"""
        Anna > REGISTER {name} * secret
        Anna < :irc.example REGISTER SUCCESS Anna :Account Anna registered
        Anna < :irc.example 900 Anna Anna!~Anna@127.0.0.1 Anna :You are now logged in as Anna
        Anna =
        """
    )
    assert user(bench, "anna").account is bench.core.runtime.world.find_account("anna")
    assert codes(log_in(bench.dial("bob"), "anna", "secret"))[1:] == ["900", "903"]


def test_registration_before_the_welcome_survives_a_restart(bench: EngineHarness) -> None:
    bench.dial("anna")
    bench.play(
        f"""
        anna > CAP REQ draft/account-registration
        anna .
        anna > NICK anna
        anna > REGISTER * * :{PASSWORD}
        anna ~ :irc.example REGISTER SUCCESS anna :*
        anna < :irc.example 900 anna anna!*@127.0.0.1 anna :You are now logged in as anna
        anna > USER anna 0 * :Anna
        anna > CAP END
        anna ~ :irc.example 001 anna :*
        """
    )
    assert user(bench, "anna").account is not None
    bench.restart()
    enter(bench, "anna", "anna")


def test_registration_needs_a_nick(bench: EngineHarness) -> None:
    bench.dial("anna")
    bench.play(
        """
        anna > REGISTER * * secret
        anna ~ :irc.example FAIL REGISTER NEED_NICK * :*
        anna > REGISTER anna *
        anna ~ :irc.example 461 * REGISTER :*
        anna =
        """
    )


def test_a_refused_nick_can_still_be_registered(bench: EngineHarness) -> None:
    bench.connect("root")
    bench.dial("bar")
    bench.play(
        """
        bar > NICK root
        bar ~ :irc.example 433 * root :*
        bar > REGISTER * * secret
        bar ~ :irc.example FAIL REGISTER ACCOUNT_EXISTS root :*
        bar > REGISTER root * secret
        bar ~ :irc.example FAIL REGISTER ACCOUNT_EXISTS root :*
        bar =
        """
    )


def test_invalid_registrations_are_refused(bench: EngineHarness) -> None:
    account(bench, "taken")
    bench.connect("anna")
    bench.play(
        """
        anna > REGISTER other * secret
        anna ~ :irc.example FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK other :*
        anna > REGISTER taken * secret
        anna ~ :irc.example FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK taken :*
        anna > REGISTER a!b * secret
        anna ~ :irc.example FAIL REGISTER BAD_ACCOUNT_NAME a!b :*
        anna > REGISTER * * short
        anna ~ :irc.example FAIL REGISTER WEAK_PASSWORD anna :*6 characters*
        anna =
        """
    )
    anna = bench.people["anna"]
    assert " UNACCEPTABLE_PASSWORD anna :" in anna.ask("REGISTER * * sec\tret")[0]
    anna.ask("REGISTER * * secret")
    assert " ALREADY_AUTHENTICATED * :" in anna.ask("REGISTER * * secret")[0]


def test_a_name_registered_through_chat_admin_meanwhile_is_taken(bench: EngineHarness) -> None:
    anna = bench.connect("anna")
    account(bench, "anna")
    told, refusal = anna.ask("REGISTER anna * secret")
    assert told.startswith(":anna!~anna@127.0.0.1 NICK :Guest")
    assert " FAIL REGISTER ACCOUNT_NAME_MUST_BE_NICK anna :" in refusal


def test_two_concurrent_registrations_have_one_winner(bench: EngineHarness) -> None:
    """Both passwords are being hashed when the first registration completes."""
    one, two = bench.dial("one"), bench.dial("two")
    waiting = [begin(person, "NICK anna", "REGISTER * * secret") for person in (one, two)]
    assert "REGISTER SUCCESS anna" in finish(one, waiting[0])[0]
    assert "FAIL REGISTER ACCOUNT_EXISTS anna" in finish(two, waiting[1])[0]


def test_a_disconnect_during_hashing_creates_no_account(bench: EngineHarness) -> None:
    person = bench.dial("one")
    unit = begin(person, "NICK anna", "REGISTER * * secret")
    person.hang_up()
    assert finish(person, unit) == []
    assert bench.core.runtime.world.find_account("anna") is None


def test_closed_registration_is_not_advertised(make_bench: MakeBench) -> None:
    bench = make_bench(registration="closed")
    bench.connect("anna")
    bench.play(
        """
        anna > CAP REQ draft/account-registration
        anna < :irc.example CAP anna NAK :draft/account-registration
        anna > REGISTER * * secret
        anna ~ :irc.example FAIL REGISTER DISALLOWED * :*
        anna > CAP LS 302
        """
    )
    assert "account-registration" not in " ".join(bench.people["anna"].heard())


def test_the_server_password_is_checked_before_registration(make_bench: MakeBench) -> None:
    bench = make_bench(password="letmein")
    anna = bench.dial("anna")
    assert "draft/account-registration " in anna.ask("CAP LS 302")[0]
    bench.play(
        """
        anna > NICK anna
        anna > REGISTER * * secret
        anna ~ :irc.example FAIL REGISTER COMPLETE_CONNECTION_REQUIRED * :*
        anna > PASS letmein
        anna > USER anna 0 * :Anna
        anna > CAP END
        anna ~ :irc.example 001 anna :*
        anna .
        anna > REGISTER * * secret
        anna ~ :irc.example REGISTER SUCCESS anna :*
        """
    )


def test_the_capability_advertises_before_connect(bench: EngineHarness) -> None:
    anna = bench.connect("anna")
    assert "draft/account-registration=before-connect " in anna.ask("CAP LS 302")[0]


def test_registration_before_connect_can_be_disabled(make_bench: MakeBench) -> None:
    """Without `before-connect` the code is COMPLETE_CONNECTION_REQUIRED."""
    bench = make_bench(register_before_connect=False)
    bench.dial("anna")
    bench.play(
        """
        anna > CAP LS 302
        anna ~ :irc.example CAP * LS * :* draft/account-registration draft/channel-rename *
        anna .
        anna > NICK anna
        anna > REGISTER * * secret
        anna ~ :irc.example FAIL REGISTER COMPLETE_CONNECTION_REQUIRED * :Complete connection registration first
        anna > USER anna 0 * :Anna
        anna > CAP END
        anna .
        anna > REGISTER * * secret
        anna < :irc.example REGISTER SUCCESS anna :Account anna registered
        """
    )


def test_registration_is_announced_and_roles_become_permanent(bench: EngineHarness) -> None:
    bench.connect("bob", "account-notify")
    bench.connect("anna")
    bench.play(
        """
        bob > JOIN #tea
        anna > JOIN #tea
        bob .
        anna .
        anna > REGISTER * * secret
        bob < :anna!~anna@127.0.0.1 ACCOUNT anna
        anna .
        bob > MODE #tea +o anna
        bob .
        anna > PART #tea
        anna > JOIN #tea
        bob < :anna!~anna@127.0.0.1 PART #tea
        bob < :anna!~anna@127.0.0.1 JOIN #tea
        bob < :irc.example MODE #tea +o anna
        anna > JOIN #own
        anna > PART #own
        anna .
        bob > JOIN #own
        bob .
        anna > JOIN #own
        bob < :anna!~anna@127.0.0.1 JOIN #own
        bob < :irc.example MODE #own +o anna
        """
    )


def test_logging_out_leaves_a_guest_in_the_same_rooms(bench: EngineHarness) -> None:
    account(bench, "anna")
    bench.connect("bob", "account-notify")
    enter(bench, "anna", "anna")
    bench.play(
        """
        anna > JOIN #tea
        bob > JOIN #tea
        bob .
        anna .
        anna > LOGOUT
        anna < :irc.example 901 anna anna!~anna@127.0.0.1 :You are now logged out
        anna ~ :anna!~anna@127.0.0.1 NICK :Guest*
        anna ~ :irc.example MODE #tea -o Guest*
        anna =
        bob < :anna!~anna@127.0.0.1 ACCOUNT *
        bob ~ :anna!~anna@127.0.0.1 NICK :Guest*
        bob ~ :irc.example MODE #tea -o Guest*
        bob =
        anna > PRIVMSG #tea :hi
        bob ~ :Guest*!~anna@127.0.0.1 PRIVMSG #tea :hi
        anna > NICK anna
        anna ~ :irc.example 433 Guest* anna :This nick is registered*
        anna > LOGOUT
        anna ~ :irc.example FAIL LOGOUT NOT_LOGGED_IN :*
        """
    )
    assert bench.people["anna"].client.account is None
    enter(bench, "anna2", "anna")
    bench.play("anna2 > NICK anna\nanna2 < :anna2!~anna2@127.0.0.1 NICK :anna")


def test_logging_out_keeps_an_unregistered_nick(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "bar", "anna")
    bench.play("bar > LOGOUT\nbar ~ :irc.example 901 *\nbar =")


def test_logging_out_applies_to_all_devices(bench: EngineHarness) -> None:
    account(bench, "anna")
    phone, laptop = enter(bench, "anna", "anna"), enter(bench, "anna", "anna")
    phone.send("LOGOUT")
    assert codes(phone.heard()) == codes(laptop.heard()) == ["901", "NICK"]
    assert laptop.client.account is None
    assert laptop.client.nick == phone.client.nick
