"""NickServ, with the same limits as REGISTER and SASL."""

from tests.conftest import MovedClock
from tests.engine.account_clients import account, begin, codes, enter, finish, log_in
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.pseudoclients.test_service_context import NICKSERV, tell
from tests.engine.scenes import people


def test_register_creates_an_account(bench: EngineHarness) -> None:
    people(bench, "anna")
    bench.play(
        f"""
        anna > PRIVMSG NickServ :REGISTER secret
        anna < :{NICKSERV} NOTICE anna :Account anna registered
        anna < :irc.example 900 anna anna!~anna@127.0.0.1 anna :You are now logged in as anna
        anna =
        """
    )
    assert codes(log_in(bench.dial("bob"), "anna", "secret"))[1:] == ["900", "903"]


def test_refusals_of_register_come_as_notices(make_bench: MakeBench) -> None:
    bench = make_bench(registrations_per_address=1)
    people(bench, "anna", "bob")
    assert tell(bench, "anna", "REGISTER short") == ["The password must be at least 6 characters long"]
    bench.people["anna"].ask("NS REGISTER secret")
    assert tell(bench, "anna", "REGISTER secret") == ["You are already logged in as anna"]
    assert "many accounts" in tell(bench, "bob", "REGISTER secret")[0]


def test_closed_registration_applies_to_nickserv(make_bench: MakeBench) -> None:
    bench = make_bench(registration="closed")
    people(bench, "anna")
    assert "Registration is closed" in tell(bench, "anna", "REGISTER secret")[0]


def test_identify_and_logout(bench: EngineHarness) -> None:
    account(bench, "Anna", "two words")
    people(bench, "bar")
    bench.play(
        f"""
        bar > PRIVMSG NickServ :IDENTIFY anna :two words
        bar < :{NICKSERV} NOTICE bar :You are now logged in as Anna
        bar < :irc.example 900 bar bar!~bar@127.0.0.1 Anna :You are now logged in as Anna
        bar =
        bar > NICK Anna
        bar .
        bar > NS LOGOUT
        bar ~ :irc.example 901 *
        bar ~ :Anna!~bar@127.0.0.1 NICK :Guest*
        bar ~ :{NICKSERV} NOTICE Guest* :You are now logged out
        bar =
        """
    )
    assert tell(bench, "bar", "LOGOUT") == ["You are not logged in"]


def test_identify_defaults_to_the_current_nick(bench: EngineHarness) -> None:
    account(bench, "anna", "secret")
    account(bench, "anna_", "other1")
    enter(bench, "anna_", "anna_", password="other1")
    bench.connect("bar")
    assert tell(bench, "bar", "IDENTIFY secret") == ["Login failed: wrong account or password"]
    heard = bench.people["anna_"].ask("NS IDENTIFY other1")
    assert codes(heard) == ["NOTICE", "900"]


def test_identify_shares_the_login_limits(make_bench: MakeBench, clock: MovedClock) -> None:
    bench = make_bench(login_attempts=2)
    account(bench, "anna")
    people(bench, "bar")
    for _ in range(2):
        assert tell(bench, "bar", "IDENTIFY anna wrong") == ["Login failed: wrong account or password"]
    assert "wait 5 minutes" in tell(bench, "bar", "IDENTIFY anna wrong")[0]
    assert codes(log_in(bench.dial("x"), "anna")) == ["AUTHENTICATE", "904"]


def test_a_disconnect_during_the_check_does_not_log_in(bench: EngineHarness) -> None:
    account(bench, "anna", "secret")
    (bar,) = people(bench, "bar")
    unit = begin(bar, "NS IDENTIFY anna secret")
    bar.hang_up()
    assert finish(bar, unit) == []


def test_info_shows_an_account(bench: EngineHarness, clock: MovedClock) -> None:
    account(bench, "anna")
    account(bench, "root", role="admin")
    anna, root = enter(bench, "anna_", "anna"), enter(bench, "root", "root")
    people(bench, "bob")
    since = "anna was registered at 2026-11-18 11:06:40 UTC"
    assert tell(bench, "bob", "INFO ANNA") == [since, "Logged in as: anna_"]
    assert tell(bench, "bob", "INFO nobody") == ["No account is named nobody"]
    assert tell(bench, "anna_", "INFO") == [since, "Logged in as: anna_"]
    anna.send("QUIT")
    assert tell(bench, "bob", "INFO anna") == [since]
    assert tell(bench, "root", "INFO anna")[1].startswith("Last seen ")
    assert root.client.account == "root"


def test_changing_the_password_keeps_other_devices(bench: EngineHarness) -> None:
    account(bench, "anna", "secret")
    phone, laptop = (enter(bench, "anna", "anna", password="secret") for _ in range(2))
    laptop.heard()
    assert phone.ask("NS SET PASSWORD secret :better words") == [
        f":{NICKSERV} NOTICE anna :Changed the password of anna"
    ]
    assert laptop.ask("PING x") == [":irc.example PONG irc.example :x"]
    assert codes(log_in(bench.dial("x"), "anna", "secret")) == ["AUTHENTICATE", "904"]
    bench.restart()
    assert codes(log_in(bench.dial("x"), "anna", "better words")) == ["AUTHENTICATE", "900", "903"]


def test_invalid_passwords_are_refused(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=2)
    account(bench, "anna")
    anna = enter(bench, "anna", "anna", "echo-message")
    people(bench, "bob")
    assert tell(bench, "bob", "SET PASSWORD secret better") == ["Log in first with IDENTIFY"]
    assert tell(bench, "bob", "SET") == ["Use one of SET PASSWORD, SET ALWAYS-ON; see HELP SET"]
    assert tell(bench, "bob", "SET tea") == ["Unknown command SET tea; HELP lists the commands of NickServ"]
    assert "PRIVMSG NickServ :set password *** ***" in anna.ask("PRIVMSG NickServ :set password a b")[0]
    assert "at least 6 characters" in anna.ask("NS SET PASSWORD x y")[0]
    assert ":Login failed" in anna.ask("NS SET PASSWORD wrong! better")[0]
    assert ":Login failed" in anna.ask("NS SET PASSWORD wrong! better")[0]
    assert "wait 5 minutes" in anna.ask("NS SET PASSWORD wrong! better")[0]


def test_a_logout_during_hashing_keeps_the_old_password(bench: EngineHarness) -> None:
    account(bench, "anna", "secret")
    phone, laptop = (enter(bench, "anna", "anna", password="secret") for _ in range(2))
    unit = begin(phone, "NS SET PASSWORD secret better")
    laptop.ask("LOGOUT")
    assert ":Log in first" in finish(phone, unit)[-1]
    assert codes(log_in(bench.dial("x"), "anna", "secret")) == ["AUTHENTICATE", "900", "903"]


def test_regain_disconnects_a_dead_session_and_takes_its_nick(bench: EngineHarness) -> None:
    """A client without SASL reconnects before its old connection times out."""
    account(bench, "anna", "secret")
    old = enter(bench, "anna", "anna", password="secret")
    people(bench, "anna_")
    bench.play(
        f"""
        anna_ > NS IDENTIFY anna secret
        anna_ .
        anna_ > PRIVMSG NickServ :REGAIN
        anna_ < :{NICKSERV} NOTICE anna_ :Disconnected anna
        anna_ < :anna_!~anna_@127.0.0.1 NICK :anna
        anna_ =
        """
    )
    assert old.heard() == ["ERROR :Closing link: Disconnected by anna_ of the same account"]
    assert tell(bench, "anna_", "REGAIN") == ["anna is your own nick; use QUIT"]


def test_ghost_needs_the_same_account(bench: EngineHarness) -> None:
    account(bench, "anna")
    account(bench, "bob")
    enter(bench, "anna", "anna")
    people(bench, "eve")
    assert tell(bench, "eve", "GHOST anna") == ["Log in first with IDENTIFY"]
    enter(bench, "bob", "bob")
    assert tell(bench, "bob", "GHOST anna") == ["anna is not logged in to your account"]
    assert tell(bench, "bob", "GHOST NickServ") == ["NickServ is not logged in to your account"]
    assert tell(bench, "bob", "GHOST nobody") == ["No such nick or channel"]
    assert tell(bench, "bob", "REGAIN anna") == ["anna is not logged in to your account"]
