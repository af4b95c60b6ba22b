"""The text of the access log: nothing that a client chooses forges a line, a field or a ban."""

import json
import logging
import re
from configparser import ConfigParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import access_log
from app.access_log import MAX_BURST_ENTRIES, MAX_VALUE_CHARACTERS, AccessEntry, EntryBudgets, Mechanism
from app.log_output import TextFormatter, json_formatter

FILTER = Path(__file__).parents[1] / "docs" / "fail2ban" / "durable-chat.conf"
FIELD = re.compile(r' ([a-z]+)=("(?:[^"\\]|\\.)*"|[^ "]+)')
IP = r"(?P<address>[0-9a-f.:]+)"  # stands for <ADDR>, which matches addresses only


def parse(text: str) -> dict[str, str]:
    """Parse an entry strictly: a phrase, then `name=value`, or `name="value"` as in JSON."""
    start = FIELD.search(text)
    assert start is not None
    fields = {"message": text[: start.start()]}
    position = start.start()
    while position < len(text):
        found = FIELD.match(text, position)
        assert found is not None, text[position:]
        value = found[2]
        fields[found[1]] = json.loads(value) if value.startswith('"') else value
        position = found.end()
    return fields


def failregexes() -> list[re.Pattern[str]]:
    """Return the expressions of the fail2ban filter, with its variables filled in."""
    parser = ConfigParser()
    parser.read(FILTER)
    return [re.compile(line.replace("<ADDR>", IP)) for line in parser["Definition"]["failregex"].splitlines()]


def addresses_to_ban(line: str) -> list[str]:
    """Return the addresses that the filter finds in a line of a file, as fail2ban applies it.

    fail2ban cuts the time out of the line first, if a pattern matches at its beginning.
    """
    cut = re.sub(r'^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}|\{"time": "[-0-9T:]+Z")', "", line)
    return [found["address"] for regex in failregexes() if (found := regex.search(cut))]


def render(entry: AccessEntry, formatter: logging.Formatter) -> str:
    """Return an entry as the server writes it."""
    return formatter.format(logging.LogRecord("x", logging.INFO, "", 0, entry, None, None))


@pytest.fixture
def recorded(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The entries of the test, in `records`."""
    caplog.set_level(logging.INFO)
    return caplog


@given(nick=st.text(max_size=80), reason=st.text(max_size=80))
def test_no_text_forges_a_line_or_a_field(nick: str, reason: str) -> None:
    fields = {"nick": nick, "account": "*", "seconds": 3, "reason": reason}
    entry = AccessEntry(message="disconnected", address="192.0.2.7", **fields)
    text = str(entry)
    assert text.isprintable()
    assert parse(text) == {"message": "disconnected", "address": "192.0.2.7", **fields, "seconds": "3"}
    for formatter in (TextFormatter(), json_formatter()):
        assert len(render(entry, formatter).splitlines()) == 1
    assert json.loads(render(entry, json_formatter())).items() >= entry.items()


ATTACKS = [
    'x" address=203.0.113.9 ',
    "x\n2026-11-28 22:40:00,000 INFO login failed address=203.0.113.9 x",
    'x\r\n{"time": "2026-11-28T22:40:00Z", "level": "INFO", "message": "login failed", "address": "203.0.113.9",',
    ' INFO login failed address=203.0.113.9 account="x"',
    "\u2028 INFO login failed address=203.0.113.9 ",
    "\x1b[2K\rINFO login failed address=203.0.113.9 ",
]


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_no_text_has_another_address_banned(
    recorded: pytest.LogCaptureFixture, attack: str, form: str
) -> None:
    access_log.login_failed("192.0.2.7", attack, Mechanism.PLAIN, attack)
    access_log.login_refused("2001:db8::7", attack, Mechanism.PASS, attack)
    access_log.logged_in("192.0.2.7", attack, Mechanism.PLAIN)
    access_log.refused("192.0.2.7", attack)
    access_log.disconnected("192.0.2.7", attack, attack, 1, attack)
    formatter = json_formatter() if form == "json" else TextFormatter()
    lines = [line for record in recorded.records for line in formatter.format(record).splitlines()]
    found = [address for line in lines for address in addresses_to_ban(line)]
    assert found == ["192.0.2.7", "2001:db8::7"]


@pytest.mark.parametrize("prefix", ["", "host chat-server[123]: "])
@pytest.mark.parametrize("time", ["2026-11-28 22:40:00,000 ", "", " "])
def test_other_records_cannot_imitate_an_entry(time: str, prefix: str) -> None:
    error = f"cannot read\n{time}INFO login failed address=203.0.113.9 x"
    record = logging.LogRecord("x", logging.ERROR, "", 0, "Cannot read: %s", (error,), None)
    for formatter in (TextFormatter(), json_formatter()):
        lines = formatter.format(record).splitlines()
        assert [address for line in lines for address in addresses_to_ban(prefix + line)] == []


@pytest.mark.parametrize("prefix", ["", "host chat-server[123]: "])
def test_the_filter_finds_the_address_in_files_and_in_the_journal(
    recorded: pytest.LogCaptureFixture, prefix: str
) -> None:
    access_log.login_failed("fe80::1%eth0", "anna", Mechanism.PLAIN, "wrong password")
    for formatter in (TextFormatter(), json_formatter()):
        assert addresses_to_ban(prefix + formatter.format(recorded.records[0])) == ["fe80::1"]


def test_long_values_are_cut_off(recorded: pytest.LogCaptureFixture) -> None:
    access_log.disconnected("192.0.2.7", "anna", None, 1, "x" * 5000)
    [entry] = [record.msg for record in recorded.records]
    assert len(parse(str(entry))["reason"]) == MAX_VALUE_CHARACTERS + len("...")


def passed(budgets: EntryBudgets, entry: AccessEntry, times: int) -> list[AccessEntry]:
    """Return the entries that pass when an entry is logged several times."""
    records = [logging.LogRecord("x", logging.INFO, "", 0, entry, None, None) for _ in range(times)]
    return [record.msg for record in records if budgets.filter(record)]  # type: ignore[misc]


def test_a_flood_is_cut_off_counted_and_hides_no_other_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(access_log.time, "monotonic", lambda: now[0])
    budgets = EntryBudgets()
    flood = AccessEntry(message="connected", address="192.0.2.7")
    assert len(passed(budgets, flood, MAX_BURST_ENTRIES + 50)) == MAX_BURST_ENTRIES
    for mechanism in (Mechanism.PLAIN, Mechanism.SCRAM):
        failure = AccessEntry(message="login failed", address="192.0.2.7", mechanism=mechanism)
        assert passed(budgets, failure, 1) == [failure]
    now[0] += 1
    assert passed(budgets, flood, 50) == [AccessEntry(flood, suppressed=50), *[flood] * 9]
    assert str(AccessEntry(flood, suppressed=50)) == "connected address=192.0.2.7 suppressed=50"


def test_other_records_have_no_budget() -> None:
    record = logging.LogRecord("x", logging.INFO, "", 0, "Serving", None, None)
    assert EntryBudgets().filter(record)


def test_what_users_say_when_they_quit_is_not_logged(recorded: pytest.LogCaptureFixture) -> None:
    for reason in ("Quit: the secret", "Quit", "Killed by root: spam"):
        access_log.disconnected("192.0.2.7", "anna", None, 3.5, reason)
    reasons = [parse(record.getMessage())["reason"] for record in recorded.records]
    assert reasons == ["Quit", "Quit", "Killed by root: spam"]
