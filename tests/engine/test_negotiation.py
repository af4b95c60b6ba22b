"""Conversations: capabilities (IRC_BEHAVIOUR section 2)."""

import pytest

from app.wire.capabilities import CAPABILITIES
from app.wire.line import parse
from tests.engine.accounts import codes
from tests.engine.bench import Bench

NAMES = " ".join(CAPABILITIES)


def test_an_unknown_subcommand_is_refused_as_it_was_sent(bench: Bench) -> None:
    bench.dial("bar")
    bench.play(
        """
        bar > CAP Notacommand x
        bar < :irc.example 410 * Notacommand :Unknown CAP subcommand
        bar > CAP
        bar ~ :irc.example 461 * CAP :*
        bar > cap :
        bar ~ :irc.example 410 * * :*
        bar =
        """
    )


@pytest.mark.parametrize("version", ["", " 301", " x", " 30²"])
def test_a_client_without_the_new_version_gets_one_line_without_values(bench: Bench, version: str) -> None:
    bar = bench.dial("bar")
    assert bar.ask(f"CAP LS{version}") == [f":irc.example CAP * LS :{NAMES}"]
    bar.ask("NICK bar", "USER bar 0 * :Bar", "CAP END")
    assert bar.ask(f"CAP LS{version}") == [f":irc.example CAP bar LS :{NAMES}"]


def test_all_names_fit_one_line_whatever_the_nick(bench: Bench) -> None:
    assert len(f":irc.example CAP {'x' * 32} LS :{NAMES}\r\n") <= 512


def test_the_new_version_gets_values_and_marks_lines_that_continue(bench: Bench) -> None:
    bar = bench.dial("bar")
    lines = [parse(line) for line in bar.ask("CAP LS 302")]
    assert [line.params[:2] for line in lines] == [["*", "LS"]] * len(lines)
    assert all(line.params[2] == "*" for line in lines[:-1])
    assert len(lines[-1].params) == 3
    listed = [word.partition("=")[::2] for line in lines for word in line.params[-1].split()]
    assert [name for name, _ in listed] == list(CAPABILITIES)
    assert ("sasl", "PLAIN,SCRAM-SHA-256") in listed
    assert bar.ask("CAP LS 302") == [str(line) for line in lines]


@pytest.mark.parametrize("opening", ["CAP LS", "CAP LS 302", "CAP REQ sasl", "CAP REQ :no such thing"])
def test_registration_waits_for_the_end_of_the_negotiation(bench: Bench, opening: str) -> None:
    bar = bench.dial("bar")
    bar.ask(opening)
    assert bar.ask("NICK bar", "USER bar 0 * :Bar") == []
    assert codes(bar.ask("CAP LIST", "PING x")) == ["CAP", "PONG"]
    assert codes(bar.ask("CAP END", "PING x"))[0] == "001"


def test_a_list_alone_does_not_hold_registration(bench: Bench) -> None:
    bar = bench.dial("bar")
    assert bar.ask("CAP LIST") == [":irc.example CAP * LIST :"]
    assert codes(bar.ask("NICK bar", "USER bar 0 * :Bar"))[0] == "001"


def test_what_is_enabled_is_listed_and_nothing_else(bench: Bench) -> None:
    bench.dial("bar")
    bench.play(
        """
        bar > CAP LS 302
        bar .
        bar > CAP LIST
        bar < :irc.example CAP * LIST :
        bar > CAP REQ :server-time echo-message cap-notify
        bar ~ @time=* :irc.example CAP * ACK :server-time echo-message cap-notify
        bar > CAP LIST
        bar ~ *:irc.example CAP * LIST :cap-notify echo-message server-time
        bar =
        """
    )


def test_a_request_is_all_or_nothing_and_comes_back_as_it_was(bench: Bench) -> None:
    bench.dial("bar")
    bench.play(
        """
        bar > CAP REQ :foo qux bar baz qux quux
        bar < :irc.example CAP * NAK :foo qux bar baz qux quux
        bar > CAP REQ :batch foo -sasl
        bar < :irc.example CAP * NAK :batch foo -sasl
        bar > CAP LIST
        bar < :irc.example CAP * LIST :
        bar > CAP REQ :batch sasl batch -sasl
        bar < :irc.example CAP * ACK :batch sasl batch -sasl
        bar > CAP REQ batch
        bar < :irc.example CAP * ACK :batch
        bar > CAP LIST
        bar < :irc.example CAP * LIST :batch
        bar =
        """
    )


def test_a_capability_goes_at_once(bench: Bench) -> None:
    bench.connect("bar", "server-time")
    bench.play(
        """
        bar > CAP LIST
        bar ~ @time=* :irc.example CAP bar LIST :server-time
        bar > CAP REQ :-server-time
        bar < :irc.example CAP bar ACK :-server-time
        bar > CAP LIST
        bar < :irc.example CAP bar LIST :
        bar > CAP REQ :multi-prefix
        bar < :irc.example CAP bar ACK :multi-prefix
        bar > CAP END
        bar =
        """
    )
