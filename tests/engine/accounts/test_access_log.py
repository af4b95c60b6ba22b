"""The log of logins: who, from where, how and why not; never a password (docs/admin.md)."""

import logging
from collections.abc import Callable

import pytest
from argon2 import PasswordHasher

from app.services.accounts.administration import set_disabled
from tests.engine.account_clients import PASSWORD, Scram, account, authenticate_lines, log_in, plain, stranger
from tests.engine.accounts.test_certificates import external, known, showing
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.scenes import people
from tests.story import Story

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")
Logged = Callable[[], list[str]]
SECRET = "hunter2"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Logged:
    """Return a function that returns the entries since its last call."""
    caplog.set_level(logging.INFO, "app.access_log")

    def take() -> list[str]:
        entries = [str(record.msg) for record in caplog.records if record.name == "app.access_log"]
        assert SECRET not in caplog.text
        caplog.clear()
        return entries

    return take


def failed(mechanism: str, reason: str, name: str = "anna", address: str = "127.0.0.1") -> str:
    """Return the entry of a failed login."""
    return f'login failed address={address} account="{name}" mechanism={mechanism} reason="{reason}"'


def succeeded(mechanism: str, name: str = "anna", address: str = "127.0.0.1") -> str:
    """Return the entry of a login."""
    return f'logged in address={address} account="{name}" mechanism={mechanism}'


def test_sasl_logins_are_logged_with_their_mechanism(bench: EngineHarness, logged: Logged) -> None:
    account(bench, "anna")
    log_in(stranger(bench), "Anna")
    assert logged() == [succeeded("PLAIN")]
    scram = Scram(stranger(bench), "anna")
    scram.consent(scram.prove(scram.begin()))
    assert logged() == [succeeded("SCRAM-SHA-256")]


def test_failed_sasl_logins_are_logged_with_the_reason(bench: EngineHarness, logged: Logged) -> None:
    account(bench, "anna")
    log_in(stranger(bench), "Anna", SECRET)
    log_in(stranger(bench), "bob")
    scram = Scram(stranger(bench), "anna", SECRET)
    scram.prove(scram.begin())
    Story(bench.database, bench.clock).apply(lambda admin: set_disabled(admin, "anna", True))
    log_in(stranger(bench), "anna")
    assert logged() == [
        failed("PLAIN", "wrong password"),
        failed("PLAIN", "unknown account", "*"),
        failed("SCRAM-SHA-256", "wrong password"),
        failed("PLAIN", "disabled account"),
    ]


def test_malformed_sasl_messages_are_logged(bench: EngineHarness, logged: Logged) -> None:
    for mechanism, text in (
        ("PLAIN", "!!!"),
        ("PLAIN", *authenticate_lines(b"anna")),
        ("PLAIN", *plain("anna", SECRET, "bob")),
        ("PLAIN", "Q" * 400),
        ("SCRAM-SHA-256", *authenticate_lines(b"n,,x=anna")),
    ):
        stranger(bench).ask(f"AUTHENTICATE {mechanism}", *[text if " " in text else f"AUTHENTICATE {text}"])
    malformed = [failed("PLAIN", "malformed message", "*")] * 3
    assert logged() == [*malformed, failed("SCRAM-SHA-256", "malformed message", "*")]


def test_certificate_logins_are_logged(bench: EngineHarness, logged: Logged) -> None:
    known(bench)
    logged()
    external(showing(stranger(bench)))
    external(showing(stranger(bench), "b2" * 32))
    external(showing(stranger(bench)), SECRET)
    assert logged() == [
        succeeded("EXTERNAL"),
        failed("EXTERNAL", "the certificate is not registered with any account", "*"),
        failed("EXTERNAL", "the certificate does not match the account", "*"),
    ]


def test_pass_logins_are_logged(bench: EngineHarness, logged: Logged) -> None:
    account(bench, "anna")
    for given in (f"anna:{SECRET}", f"anna:{PASSWORD}", SECRET):
        bench.dial("x").send(f"PASS :{given}", "NICK anna", "USER anna 0 * :Anna", "QUIT")
    bench.dial("x").send(f"PASS :{SECRET}", "NICK bob", "USER bob 0 * :Bob")
    assert logged() == [
        failed("PASS", "wrong password"),
        succeeded("PASS"),
        failed("PASS", "wrong password"),
        failed("PASS", "unknown account", "bob"),
    ]


@pytest.mark.parametrize("password", ["open sesame", HASH], ids=["plain", "hashed"])
def test_wrong_server_passwords_are_logged(make_bench: MakeBench, logged: Logged, password: str) -> None:
    bench = make_bench(password=password, login_attempts=1)
    for words in ([], [f"PASS {SECRET}"], ["PASS :open sesame"]):
        bench.dial("x", "192.0.2.7").send(*words, "NICK anna", "USER anna 0 * :Anna")
    refused = 'login refused address=192.0.2.7 account="*" mechanism=PASS reason="too many failed logins"'
    assert logged() == [
        failed("PASS", "no server password", "*", "192.0.2.7"),
        failed("PASS", "wrong server password", "*", "192.0.2.7"),
        refused,
    ]


def test_nickserv_logins_are_logged(bench: EngineHarness, logged: Logged) -> None:
    account(bench, "anna")
    (bob,) = people(bench, "bob")
    bob.send(
        f"NS IDENTIFY anna {SECRET}",
        f"NS IDENTIFY {SECRET} anna",  # in the wrong order
        f"NS IDENTIFY {SECRET}",
        f"NS IDENTIFY anna :{PASSWORD}",
        f"NS SET PASSWORD {SECRET} :a new password",
    )
    assert logged() == [
        failed("IDENTIFY", "wrong password"),
        failed("IDENTIFY", "unknown account", "*"),
        failed("IDENTIFY", "unknown account", "bob"),
        succeeded("IDENTIFY"),
        failed("SET-PASSWORD", "wrong password"),
    ]


def test_registrations_and_wrong_codes_are_logged(make_bench: MakeBench, logged: Logged) -> None:
    bench = make_bench()
    anna, bob = people(bench, "anna", "bob")
    anna.send(f"REGISTER * * {SECRET}")
    bob.send(f"VERIFY bob {SECRET}", f"NS VERIFY {SECRET}", f"VERIFY {SECRET} bob")
    assert logged() == [
        succeeded("REGISTER"),
        failed("VERIFY", "wrong code", "bob"),
        failed("VERIFY", "wrong code", "bob"),
        failed("VERIFY", "wrong code", "*"),
    ]
    bench.core.runtime.settings = bench.settings.model_copy(update={"registration": "invitation"})
    bob.send(f"REGISTER * {SECRET} {SECRET}{SECRET}")
    assert logged() == [failed("REGISTER", "unknown invitation code", "bob")]


def test_oper_attempts_are_logged(make_bench: MakeBench, logged: Logged) -> None:
    bench = make_bench(operators={"root": HASH})
    (bob,) = people(bench, "bob")
    bob.send(f"OPER root {SECRET}", f"OPER {SECRET} root", "OPER root :open sesame")
    assert logged() == [
        failed("OPER", "wrong name or password", "root"),
        failed("OPER", "wrong name or password", "*"),
        succeeded("OPER", "root"),
    ]


def test_attempts_after_too_many_failures_are_logged_as_refused(
    make_bench: MakeBench, logged: Logged
) -> None:
    bench = make_bench(login_attempts=1, operators={"root": HASH})
    account(bench, "anna")
    bob = bench.connect("bob", address="2001:db8::7")
    bob.send(f"NS IDENTIFY anna {SECRET}")
    assert logged() == [failed("IDENTIFY", "wrong password", address="2001:db8::7")]
    bob.send(f"NS IDENTIFY anna :{PASSWORD}", f"VERIFY anna {SECRET}", f"OPER root {SECRET}")
    assert [entry.partition(" account")[0] for entry in logged()] == ["login refused address=2001:db8::7"] * 3


def test_nothing_is_logged_above_the_level(bench: EngineHarness, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "app.access_log")
    account(bench, "anna")
    log_in(stranger(bench), "anna", SECRET)
    assert caplog.records == []
