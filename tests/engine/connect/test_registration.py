"""Connection registration: PASS, NICK, USER, PING and QUIT."""

import re

import pytest
from argon2 import PasswordHasher

from tests.engine.account_clients import PASSWORD, account, codes, enter, log_in
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness

WELCOME = r"001 002 003 004( 005)+( 25[0-5]| 26[56])+ (375( 372)+ 376|422)"


@pytest.mark.parametrize("motd", ["", "Welcome.\nBe kind."])
def test_the_welcome_burst_is_in_order(make_bench: MakeBench, motd: str) -> None:
    bench = make_bench(motd=motd)
    lines = bench.dial("bar").ask("NICK bar", "USER bar 0 * :Bar")
    assert re.fullmatch(WELCOME, " ".join(codes(lines)))
    assert all(line.split(" ")[2] == "bar" for line in lines)
    server, version, user_modes, room_modes = lines[3].split(" ")[3:7]
    assert server == "irc.example"
    assert version
    assert user_modes.isalpha()
    assert room_modes.isalpha()


CAPS_OF_LINES = (
    (),
    ("server-time",),
    ("batch", "draft/extended-isupport", "server-time"),
    ("batch", "labeled-response"),
)


@pytest.mark.parametrize("caps", CAPS_OF_LINES)
@pytest.mark.parametrize("motd", ["", "Welcome.\n\n" + "kind " * 200])
def test_the_welcome_repeats_the_commands_replies(
    make_bench: MakeBench, motd: str, caps: tuple[str, ...]
) -> None:
    bench = make_bench(motd=motd)
    bar = bench.dial("bar")
    bar.ask("CAP LS 302", f"CAP REQ :{' '.join(caps)}")
    welcome = bar.ask("NICK bar", "USER bar 0 * :Bar", "CAP END")
    asked = [line for command in ("ISUPPORT", "LUSERS", "MOTD") for line in bar.ask(command)]
    assert without_references(welcome[4:]) == without_references(asked)
    assert all(len(line.partition(" :irc.example ")[2]) <= 510 for line in welcome)
    assert all(line.startswith("@time=") == ("server-time" in caps) for line in welcome)


def without_references(lines: list[str]) -> list[str]:
    """Return the lines without the random batch references."""
    return [re.sub(r"(BATCH [+-]|batch=)\w+", r"\1", line) for line in lines]


def test_a_labelled_cap_end_gets_one_batch(bench: EngineHarness) -> None:
    bar = bench.dial("bar")
    bar.ask("CAP LS 302", "CAP REQ :batch labeled-response", "NICK bar", "USER bar 0 * :Bar")
    first, *welcome, last = bar.ask("@label=x CAP END")
    reference = first.removeprefix("@label=x :irc.example BATCH +").removesuffix(" labeled-response")
    assert last == f":irc.example BATCH -{reference}"
    assert all(line.startswith(f"@batch={reference} :irc.example ") for line in welcome)
    assert re.fullmatch(WELCOME, " ".join(line.split(" ")[2] for line in welcome))


def test_auto_join_follows_the_welcome(make_bench: MakeBench) -> None:
    bench = make_bench(auto_join=["#general"])
    heard = codes(bench.dial("bar").ask("NICK bar", "USER bar 0 * :Bar"))
    assert heard[-4:] == ["422", "JOIN", "353", "366"]


@pytest.mark.parametrize(
    "lines",
    [
        ("NICK bar", "USER bar 0 * :Bar"),
        ("USER bar 0 * :Bar", "NICK bar"),
        ("user bar 0 * Bar", "nick bar"),
        ("CAP LS 302", "NICK bar", "USER bar 0 * :Bar", "CAP END"),
        ("CAP REQ batch", "CAP END", "NICK bar", "USER bar 0 * :Bar"),
        ("PASS unwanted", "NICK bar", "USER bar 0 * :Bar"),
        ("NICK *", "USER bar 0 * :Bar", "NICK bar"),
        ("NICK :", "USER bar 0 * :Bar", "NICK bar"),
        ("NICK foo", "USER bar 0 * :", "NICK bar", "USER bar 0 * :Bar"),
    ],
)
def test_nick_and_user_may_come_in_any_order(bench: EngineHarness, lines: tuple[str, ...]) -> None:
    assert ":irc.example 001 bar :Welcome to irc.example, bar" in bench.dial("bar").ask(*lines)


def test_ping_is_answered_before_registration(bench: EngineHarness) -> None:
    bench.dial("bar")
    bench.play(
        """
        bar > PING synchronize123.456
        bar < :irc.example PONG irc.example :synchronize123.456
        bar > CAP LS
        bar .
        bar > PING :with space
        bar < :irc.example PONG irc.example :with space
        bar > PING
        bar ~ :irc.example 461 * PING :*
        bar > PRIVMSG bob :hi
        bar ~ :irc.example 451 * :*
        bar =
        """
    )


def test_invalid_registration_lines_keep_the_connection_open(bench: EngineHarness) -> None:
    bench.dial("bar")
    bench.play(
        """
        bar > NICK
        bar ~ :irc.example 431 * :*
        bar > NICK :
        bar ~ :irc.example 431 * :*
        bar > NICK *
        bar ~ :irc.example 432 * * :*
        bar > NICK :two words
        bar ~ :irc.example 432 * * :*
        bar > NICK #room
        bar ~ :irc.example 432 * #room :*
        bar > USER bar
        bar ~ :irc.example 461 * USER :*
        bar > USER bar * * :
        bar ~ :irc.example 461 * USER :*
        bar =
        """
    )


def test_an_invalid_utf8_nick_is_refused_and_can_be_retried(bench: EngineHarness) -> None:
    """Invalid UTF-8 is refused, never relayed (IRCv3 utf8-only)."""
    bar = bench.dial("bar")
    bar.send_bytes(b"NICK bar\r\nUSER bar 0 * :caf\xe9\r\n")
    assert bar.heard() == [":irc.example FAIL USER INVALID_UTF8 :The line was ignored: it is not valid UTF-8"]
    assert codes(bar.ask("USER bar 0 * :café"))[0] == "001"


@pytest.mark.parametrize(
    ("user", "shown"), [("🔑" * 10, "~user"), ("a@b!c", "~abc"), ("x" * 50, "~" + "x" * 20)]
)
def test_user_names_are_sanitised(bench: EngineHarness, user: str, shown: str) -> None:
    bar = bench.dial("bar")
    assert "001" in codes(bar.ask("NICK bar", f"USER {user} 0 * :Bar"))
    assert bench.core.runtime.world.users[bar.client.session or 0].user == shown


def test_a_second_registration_is_refused(bench: EngineHarness) -> None:
    bench.connect("bar")
    bench.play(
        """
        bar > USER bar 0 * :Bar
        bar ~ :irc.example 462 bar :*
        bar > PASS x
        bar ~ :irc.example 462 bar :*
        bar =
        """
    )


def test_one_of_two_concurrent_requests_gets_the_nick(bench: EngineHarness) -> None:
    bench.dial("one")
    bench.dial("two")
    bench.play(
        """
        one > NICK bar
        two > NICK BAR
        two > USER two 0 * :Two
        two ~ :irc.example 001 BAR :*
        one > USER one 0 * :One
        one ~ :irc.example 433 * bar :*
        one =
        one > NICK foo
        one ~ :irc.example 001 foo :*
        """
    )


@pytest.mark.parametrize("farewell", ["QUIT :chkport", "QUIT"])
def test_an_unregistered_connection_times_out(bench: EngineHarness, farewell: str) -> None:
    probe = bench.dial("probe")
    assert codes(probe.ask("NICK bar", farewell)) == ["ERROR"]
    assert probe.ear.is_finished
    assert probe.client not in bench.core.runtime.world.clients
    bench.connect("bar")
    assert "253" not in codes(bench.people["bar"].ask("LUSERS"))


def test_quit_is_answered_with_error_and_announced(bench: EngineHarness) -> None:
    bench.connect("bar").send("JOIN #tea")
    bench.connect("foo").send("JOIN #tea")
    bench.play(
        """
        foo .
        bar .
        bar > QUIT :see you
        bar < ERROR :Quit: see you
        foo < :bar!~bar@127.0.0.1 QUIT :Quit: see you
        foo =
        """
    )
    assert bench.people["bar"].ear.is_finished


@pytest.mark.parametrize("form", ["plain", "hash"])
def test_the_server_password_is_required(make_bench: MakeBench, form: str) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    bench = make_bench(password="letmein" if form == "plain" else cheap.hash("letmein"))
    right = bench.dial("right").ask("PASS letmein", "NICK right", "USER right 0 * :x")
    assert codes(right)[0] == "001"
    for name, first in {"wrong": ["PASS letmeout"], "none": [], "late": []}.items():
        person = bench.dial(name)
        heard = person.ask(*first, f"NICK {name}", f"USER {name} 0 * :x", "PASS letmein")
        assert codes(heard) == ["464", "ERROR"]
        assert person.ear.is_finished


@pytest.mark.parametrize("given", [f"Anna:{PASSWORD}", PASSWORD])
def test_pass_logs_in_by_account_or_by_nick(bench: EngineHarness, given: str) -> None:
    account(bench, "Anna")
    anna = bench.dial("anna")
    heard = anna.ask(f"PASS :{given}", "NICK anna", "USER anna 0 * :Anna")
    assert heard[0] == ":irc.example 900 anna anna!~anna@127.0.0.1 Anna :You are now logged in as Anna"
    assert codes(heard)[1] == "001"
    assert anna.client.account == "Anna"


def test_pass_accepts_another_account_and_colons_in_passwords(
    bench: EngineHarness,
) -> None:
    account(bench, "anna", "with:colon")
    bar, anna = bench.dial("bar"), bench.dial("anna")
    bar.send("PASS anna:with:colon", "NICK bar", "USER bar 0 * :x")
    anna.send("PASS with:colon", "NICK anna", "USER anna 0 * :x")
    assert bar.client.account == anna.client.account == "anna"
    assert "001" in codes(anna.heard())


def test_a_wrong_pass_makes_a_guest_without_registered_nick(bench: EngineHarness) -> None:
    account(bench, "anna")
    bench.dial("anna")
    bench.play(
        """
        anna > PASS wrong
        anna > NICK anna
        anna > USER anna 0 * :Anna
        anna ~ :irc.example 464 anna :Login failed*
        anna ~ :irc.example 433 * anna :This nick is registered*
        anna =
        anna > NICK anna2
        anna ~ :irc.example 001 anna2 :*
        """
    )


def test_lines_after_a_slow_login_are_answered_after_it(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna = bench.dial("anna")
    heard = anna.ask(f"PASS :{PASSWORD}", "NICK anna", "USER anna 0 * :Anna", "PING x")
    assert codes(heard)[0] == "900"
    assert heard[-1] == ":irc.example PONG irc.example :x"


def test_devices_of_one_account_share_one_session(bench: EngineHarness) -> None:
    account(bench, "anna")
    bench.connect("bob").send("JOIN #tea")
    phone = enter(bench, "anna", "anna")
    phone.send("JOIN #tea")
    bench.people["bob"].heard()
    laptop = bench.dial("laptop")
    heard = laptop.ask(f"PASS :anna:{PASSWORD}", "NICK anna", "USER other 0 * :Other")
    assert ":anna!~anna@127.0.0.1 JOIN #tea" in heard
    assert codes(heard)[-2:] == ["353", "366"]
    phone.heard()
    bench.play(
        """
        bob =
        bob > PRIVMSG #tea :hi
        anna < :bob!~bob@127.0.0.1 PRIVMSG #tea :hi
        laptop < :bob!~bob@127.0.0.1 PRIVMSG #tea :hi
        laptop > PRIVMSG #tea :from one device
        anna < :anna!~anna@127.0.0.1 PRIVMSG #tea :from one device
        bob < :anna!~anna@127.0.0.1 PRIVMSG #tea :from one device
        laptop > QUIT
        laptop < ERROR :Quit
        bob =
        anna =
        bob > PRIVMSG anna :still there?
        anna < :bob!~bob@127.0.0.1 PRIVMSG anna :still there?
        anna > QUIT
        bob < :anna!~anna@127.0.0.1 QUIT :Quit
        bob =
        """
    )


def test_a_device_may_send_its_nick_before_logging_in(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "anna", "anna")
    laptop, stranger = bench.dial("laptop"), bench.dial("stranger")
    for device in (laptop, stranger):
        device.ask("CAP LS 302")
    assert codes(laptop.ask("NICK anna", "USER anna 0 * :Anna")) == []
    log_in(laptop, "anna")
    assert codes(laptop.ask("CAP END"))[0] == "001"
    assert codes(stranger.ask("NICK anna", "USER anna 0 * :Anna", "CAP END")) == ["433"]
    assert codes(stranger.ask("NICK ann"))[0] == "001"
    assert len(bench.core.runtime.world.users) == 2


def test_a_nick_change_does_not_merge_two_sessions(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "anna", "anna")
    enter(bench, "bar", "anna")
    bench.play("bar > NICK anna\nbar ~ :irc.example 433 bar anna :*\nbar =\nanna =")
