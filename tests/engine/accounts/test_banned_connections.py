"""What a connection may do before registration if it is banned: log in as an administrator."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select

from app.db.models import EventRow
from app.services.accounts.administration import set_role
from app.services.administration import bans
from app.services.administration.bans import BanType
from tests.engine.account_clients import (
    PASSWORD,
    Scram,
    account,
    begin,
    codes,
    enter,
    finish,
    log_in,
    plain,
)
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.story import Story

ADDRESS = "192.0.2.7"
CLOSED = ["465", "ERROR"]
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")
LINES = {
    "AUTHENTICATE": ("AUTHENTICATE PLAIN", *plain("anna")),
    "AWAY": ("CAP REQ draft/pre-away", "AWAY :tea"),
    "CAP": ("CAP LS 302", "CAP REQ sasl", "CAP LIST", "CAP END"),
    "ISUPPORT": ("CAP REQ draft/extended-isupport", "ISUPPORT"),
    "METADATA": ("CAP REQ draft/metadata-2", "METADATA * SET url x", "METADATA * SUB url"),
    "NICK": ("NICK mallory",),
    "PASS": (f"PASS :anna:{PASSWORD}", "NICK mallory"),
    "PING": ("PING x",),
    "PONG": ("PONG x",),
    "QUIT": ("QUIT",),
    "REGISTER": ("NICK mallory", f"REGISTER * * :{PASSWORD}"),
    "USER": ("USER mallory 0 * :x", "NICK mallory"),
    "VERIFY": ("VERIFY mallory 123456",),
}


def ban(bench: EngineHarness, kind: BanType, mask: str) -> None:
    """Add a ban as `chat-admin` does, and let the server apply it."""
    Story(bench.database, bench.clock).apply(lambda admin: bans.add_ban(admin, kind, mask, "spam", None))
    bench.dial("fence").ask("NICK fence")


def count_events(bench: EngineHarness) -> int:
    """Return the number of rows of the log."""
    with bench.database.reading() as session:
        return session.scalar(select(func.count(EventRow.id))) or 0


@pytest.fixture
def bench(make_bench: MakeBench) -> EngineHarness:
    """A server with a user and an administrator, and a banned address."""
    bench = make_bench(operators={"root": HASH})
    account(bench, "anna")
    account(bench, "boss", role="admin")
    ban(bench, BanType.ADDRESS, ADDRESS)
    return bench


def test_every_command_before_registration_is_tested(bench: EngineHarness) -> None:
    table = bench.core.runtime.commands.by_verb
    assert LINES.keys() == {verb for verb, command in table.items() if command.before_registration}


@pytest.mark.parametrize("verb", LINES)
def test_a_banned_address_changes_nothing(bench: EngineHarness, verb: str) -> None:
    before = count_events(bench)
    person = bench.dial("mallory", ADDRESS)
    person.send(*LINES[verb])
    person.send("NICK mallory", "USER mallory 0 * :x", "CAP END")
    assert count_events(bench) == before
    assert person.ear.is_finished
    assert bench.core.runtime.world.find_user("mallory") is None


@pytest.mark.parametrize("lines", [LINES["REGISTER"], LINES["VERIFY"]])
@pytest.mark.parametrize(
    "settings", [{}, {"registration": "invitation"}, {"registration": "closed"}, {"password": "letmein"}]
)
def test_registration_closes_a_banned_connection(
    make_bench: MakeBench, lines: tuple[str, ...], settings: dict[str, object]
) -> None:
    bench = make_bench(**settings)
    ban(bench, BanType.ADDRESS, "192.0.2.0/24")
    person = bench.dial("mallory", ADDRESS)
    assert person.ask(*lines) == [
        f":irc.example 465 {person.client.nick} :You are banned from this server: spam",
        "ERROR :Banned: spam",
    ]
    assert person.ask("PING x") == []


def test_a_banned_nick_cannot_be_registered(bench: EngineHarness) -> None:
    ban(bench, BanType.NICK, "spam*!*@*")
    person = bench.dial("spammer", "192.0.2.8")
    assert codes(person.ask("NICK spammer", f"REGISTER * * :{PASSWORD}")) == CLOSED
    taken = bench.dial("other", "192.0.2.8")
    taken.ask("NICK other")
    bench.connect("spa").ask("PING x")
    assert codes(taken.ask("NICK spam1", f"REGISTER * * :{PASSWORD}")) == CLOSED


def test_a_ban_during_the_hashing_stops_a_registration(bench: EngineHarness) -> None:
    person = bench.dial("mallory", "192.0.2.8")
    unit = begin(person, "NICK mallory", f"REGISTER * * :{PASSWORD}")
    ban(bench, BanType.ADDRESS, "192.0.2.8")
    before = count_events(bench)
    finish(person, unit)
    assert person.ear.is_finished
    assert count_events(bench) == before


def test_a_ban_closes_connections_that_are_registering(bench: EngineHarness) -> None:
    named, logged_in, other, admin = (
        bench.dial(name, f"192.0.2.{number}") for number, name in enumerate(("spam1", "x", "y", "z"), 10)
    )
    named.ask("NICK spam1")
    log_in(logged_in, "anna")
    log_in(admin, "boss")
    admin.ask("NICK spamboss")
    ban(bench, BanType.NICK, "spam*!*@*")
    ban(bench, BanType.ACCOUNT, "anna")
    assert [person.ear.is_finished for person in (named, logged_in, other, admin)] == [
        True,
        True,
        False,
        False,
    ]


def log_in_by_scram(person: HarnessClient, name: str) -> list[str]:
    """Log in with SCRAM-SHA-256 and return the last replies."""
    scram = Scram(person, name)
    return scram.consent(scram.prove(scram.begin()))


def log_in_by_plain(person: HarnessClient, name: str) -> list[str]:
    """Log in with PLAIN and return the last replies."""
    return log_in(person, name)[1:]


def log_in_by_pass(person: HarnessClient, name: str) -> list[str]:
    """Log in with PASS and return the first replies."""
    return person.ask(f"PASS :{name}:{PASSWORD}", "NICK someone", "USER x 0 * :x")[:2]


Login = Callable[[HarnessClient, str], list[str]]
LOGINS = [log_in_by_plain, log_in_by_scram, log_in_by_pass]


@pytest.mark.parametrize("method", LOGINS)
def test_only_administrators_log_in_from_a_banned_address(bench: EngineHarness, method: Login) -> None:
    anna, boss = bench.dial("a", ADDRESS), bench.dial("b", ADDRESS)
    assert codes(method(anna, "anna")) == CLOSED
    assert anna.client.account is None
    assert codes(method(boss, "boss"))[0] == "900"
    boss.send("NICK boss", "USER boss 0 * :x")
    assert codes(boss.ask(f"UNDLINE {ADDRESS}")) == ["NOTICE"]


@pytest.mark.parametrize("method", LOGINS)
def test_a_banned_account_cannot_log_in(bench: EngineHarness, method: Login) -> None:
    ban(bench, BanType.ACCOUNT, "anna")
    assert codes(method(bench.dial("a", "192.0.2.9"), "anna")) == CLOSED


def test_a_banned_login_does_not_make_the_address_known(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=1)
    account(bench, "anna")
    ban(bench, BanType.ADDRESS, ADDRESS)
    log_in(bench.dial("a", ADDRESS), "anna")
    for number in range(10):
        log_in(bench.dial("b", f"198.51.100.{number}"), "anna", "wrong")
    assert "Too many failed logins" in log_in(bench.dial("c", ADDRESS), "anna")[-1]


def test_register_refuses_an_administrator_at_a_banned_address(bench: EngineHarness) -> None:
    boss = bench.dial("boss", ADDRESS)
    log_in(boss, "boss")
    assert " ALREADY_AUTHENTICATED " in boss.ask("NICK boss", f"REGISTER * * :{PASSWORD}")[0]


def enter_from(bench: EngineHarness, address: str, name: str) -> HarnessClient:
    """Log in from an address and register."""
    person = bench.dial(name, address)
    person.send("CAP REQ sasl", "AUTHENTICATE PLAIN", *plain(name))
    person.send(f"NICK {name}", f"USER {name} 0 * :x", "CAP END")
    assert "001" in codes(person.heard())
    return person


@pytest.mark.parametrize("line", ["LOGOUT", "NS LOGOUT"])
def test_an_admin_who_logs_out_at_a_banned_address_is_disconnected(bench: EngineHarness, line: str) -> None:
    boss = enter_from(bench, ADDRESS, "boss")
    assert codes(boss.ask(line))[-1] == "ERROR"
    assert bench.core.runtime.world.find_user("boss") is None


def test_deopering_at_a_banned_address_disconnects(bench: EngineHarness) -> None:
    anna = enter(bench, "anna", "anna")
    anna.ask("OPER root :open sesame")
    ban(bench, BanType.ADDRESS, "127.0.0.1")
    assert not anna.ear.is_finished
    assert codes(anna.ask("MODE anna -o")) == ["MODE", "ERROR"]


def test_demotion_at_a_banned_address_disconnects(bench: EngineHarness) -> None:
    boss = enter_from(bench, ADDRESS, "boss")
    Story(bench.database, bench.clock).apply(lambda admin: set_role(admin, "boss", "user"))
    bench.dial("fence").ask("NICK fence")
    assert boss.ear.is_finished


def test_a_host_that_is_banned_disconnects(bench: EngineHarness) -> None:
    enter(bench, "boss", "boss")
    bob = bench.connect("bob")
    ban(bench, BanType.NICK, "*!*@bad.example")
    bench.people["boss"].ask("CHGHOST bob bad.example")
    assert codes(bob.heard())[-1] == "ERROR"
