"""A password reset by an administrator invalidates every use of the old password."""

from app.services.accounts.administration import set_password
from app.services.accounts.passwords import hash_password
from tests.conftest import MovedClock
from tests.engine.account_clients import Scram, account, begin, codes, enter, log_in, plain, stranger, work
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather
from tests.story import Story

RESET = "ERROR :Closing link: The password was reset by an administrator"


def reset(bench: EngineHarness) -> None:
    """Reset anna's password, as `chat-admin user passwd` does beside the running server."""
    secret = hash_password("better words")
    Story(bench.database, bench.clock).apply(lambda admin: set_password(admin, "anna", secret))


def test_all_sessions_of_the_account_end_at_once(bench: EngineHarness, clock: MovedClock) -> None:
    account(bench, "anna")
    phone, laptop, other = (enter(bench, nick, "anna") for nick in ("anna", "anna", "elsewhere"))
    (bob,) = gather(bench, "#tea", "bob")
    laptop.heard()
    reset(bench)
    clock.instant += 1000
    bob.ask("PING x")
    bob.send("PRIVMSG #tea :still here")
    assert phone.heard() == laptop.heard() == other.heard() == [RESET]
    assert codes(log_in(bench.dial("x"), "anna")) == ["AUTHENTICATE", "904"]
    assert codes(log_in(bench.dial("x"), "anna", "better words")) == ["AUTHENTICATE", "900", "903"]


def test_a_client_still_registering_enters_as_a_guest(bench: EngineHarness) -> None:
    account(bench, "anna")
    person = stranger(bench)
    log_in(person, "anna")
    reset(bench)
    heard = person.ask("NICK bar", "USER bar 0 * :x", "CAP END")
    assert any(" 001 bar " in line for line in heard)
    assert person.client.account is None


def test_an_old_password_verified_during_the_reset_is_refused(bench: EngineHarness) -> None:
    account(bench, "anna")
    person = stranger(bench)
    unit = begin(person, "AUTHENTICATE PLAIN", *plain("anna"))
    checked = work(person, unit)
    reset(bench)
    bench.core.engine.cycle([unit.make_continuation(checked)])
    assert codes(person.heard()) == ["904"]


def test_a_scram_exchange_started_before_the_reset_fails(bench: EngineHarness) -> None:
    account(bench, "anna")
    scram = Scram(stranger(bench), "anna")
    proof = scram.prove(scram.begin())
    reset(bench)
    assert codes(scram.consent(proof)) == ["904"]
