"""Capability negotiation: CAP (IRCv3 capability-negotiation)."""

import pytest

from app.settings import MAX_PREFIX_LENGTH
from app.wire.capabilities import CAPABILITIES, MIN_VERSION_WITH_VALUES
from app.wire.framing import MAX_LINE_BYTES
from app.wire.line import parse
from app.wire.names import MAX_NICK_BYTES
from tests.engine.account_clients import codes
from tests.engine.harness import EngineHarness

NAMES = " ".join(name for name, capability in CAPABILITIES.items() if not capability.version)


def test_an_unknown_subcommand_is_echoed_in_the_refusal(bench: EngineHarness) -> None:
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
def test_cap_ls_301_is_one_line_without_values(bench: EngineHarness, version: str) -> None:
    bar = bench.dial("bar")
    assert bar.ask(f"CAP LS{version}") == [f":irc.example CAP * LS :{NAMES}"]
    bar.ask("NICK bar", "USER bar 0 * :Bar", "CAP END")
    assert bar.ask(f"CAP LS{version}") == [f":irc.example CAP bar LS :{NAMES}"]


def test_capabilities_with_values_are_listed_only_for_302(bench: EngineHarness) -> None:
    bar = bench.dial("bar")
    old, new = (" ".join(parse(line).params[-1] for line in bar.ask(f"CAP LS {v}")) for v in (301, 303))
    hidden = {
        name for name, capability in CAPABILITIES.items() if capability.version == MIN_VERSION_WITH_VALUES
    }
    assert {"draft/multiline", "draft/chathistory"} <= hidden
    assert not hidden & set(old.split())
    assert "draft/multiline=max-bytes=4096,max-lines=32" in new.split()


def test_an_unlisted_capability_can_be_requested(bench: EngineHarness) -> None:
    bench.dial("bar")
    bench.play(
        """
        bar > CAP REQ :draft/chathistory batch
        bar < :irc.example CAP * ACK :draft/chathistory batch
        """
    )


def test_a_later_lower_version_does_not_downgrade_the_client(bench: EngineHarness) -> None:
    """The "CAP LS Version" section of capability-negotiation."""
    bar = bench.dial("bar")
    bar.ask("CAP LS 302")
    assert bar.ask("CAP LS") == [f":irc.example CAP * LS :{NAMES}"]
    assert bar.client.cap_version == MIN_VERSION_WITH_VALUES


def test_all_names_fit_one_line_with_the_longest_nick() -> None:
    assert len(f":{'s' * MAX_PREFIX_LENGTH} CAP {'x' * MAX_NICK_BYTES} LS :{NAMES}\r\n") <= MAX_LINE_BYTES


def test_cap_ls_302_has_values_and_continuation_lines(bench: EngineHarness) -> None:
    bar = bench.dial("bar")
    heard = bar.ask("CAP LS 302")
    lines = [parse(line) for line in heard]
    assert [line.params[:2] for line in lines] == [["*", "LS"]] * len(lines)
    assert all(line.params[2] == "*" for line in lines[:-1])
    assert len(lines[-1].params) == 3
    listed = [word.partition("=")[::2] for line in lines for word in line.params[-1].split()]
    assert [name for name, _ in listed] == list(CAPABILITIES)
    assert ("sasl", "PLAIN,SCRAM-SHA-256") in listed
    assert bar.ask("CAP LS 302") == heard


@pytest.mark.parametrize("opening", ["CAP LS", "CAP LS 302", "CAP REQ sasl", "CAP REQ :no such thing"])
def test_registration_waits_for_cap_end(bench: EngineHarness, opening: str) -> None:
    bar = bench.dial("bar")
    bar.ask(opening)
    assert bar.ask("NICK bar", "USER bar 0 * :Bar") == []
    assert codes(bar.ask("CAP LIST", "PING x")) == ["CAP", "PONG"]
    assert codes(bar.ask("CAP END", "PING x"))[0] == "001"


def test_cap_list_does_not_suspend_registration(bench: EngineHarness) -> None:
    bar = bench.dial("bar")
    assert bar.ask("CAP LIST") == [":irc.example CAP * LIST :"]
    assert codes(bar.ask("NICK bar", "USER bar 0 * :Bar"))[0] == "001"


def test_cap_list_shows_exactly_the_enabled_capabilities(bench: EngineHarness) -> None:
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


def test_a_request_is_accepted_or_rejected_as_a_whole(bench: EngineHarness) -> None:
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


def test_a_long_acknowledgement_is_split_over_two_lines(bench: EngineHarness) -> None:
    bar = bench.dial("bar")
    wanted = " ".join(["multi-prefix  sasl"] * 26)
    lines = [parse(line) for line in bar.ask(f"CAP REQ :{wanted}")]
    assert [line.params[:2] for line in lines] == [["*", "ACK"]] * 2
    assert " ".join(line.params[2] for line in lines) == wanted


def test_a_capability_can_be_disabled(bench: EngineHarness) -> None:
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
