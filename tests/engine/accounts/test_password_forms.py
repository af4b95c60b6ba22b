"""One password, one answer: every spelling that SASLprep maps to it logs in, by every way in."""

import unicodedata
from dataclasses import replace

import pytest
from argon2 import PasswordHasher

from app.services.accounts.accounts import registration_event
from app.services.accounts.passwords import hash_password
from tests.engine.account_clients import Scram, account, codes, enter, log_in, stranger
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather
from tests.story import record_now

COMPOSED = "cr\u00e8me br\u00fbl\u00e9e"
DECOMPOSED = unicodedata.normalize("NFD", COMPOSED)
SPELLINGS = [COMPOSED, DECOMPOSED, COMPOSED.replace(" ", "\u00a0"), COMPOSED.replace("l", "\u00adl")]
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
IN = ["AUTHENTICATE", "900", "903"]


def register(person: HarnessClient, nick: str, *lines: str) -> list[str]:
    """Register the connection with further lines before it, and return the replies."""
    return person.ask(*lines, f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")


@pytest.mark.parametrize("chosen", SPELLINGS)
def test_every_spelling_logs_in_by_plain_and_scram(bench: EngineHarness, chosen: str) -> None:
    account(bench, "anna", chosen)
    for typed in SPELLINGS:
        assert codes(log_in(stranger(bench), "anna", typed)) == IN
        scram = Scram(stranger(bench), "anna", typed)
        assert codes(scram.consent(scram.prove(scram.begin()))) == ["900", "903"]


@pytest.mark.parametrize(("chosen", "typed"), list(zip(SPELLINGS, reversed(SPELLINGS), strict=True)))
def test_every_spelling_logs_in_by_pass_and_nickserv(bench: EngineHarness, chosen: str, typed: str) -> None:
    account(bench, "anna", chosen)
    by_pass, guest = bench.dial("by-pass"), bench.dial("guest")
    assert any(" 900 anna " in line for line in register(by_pass, "anna", f"PASS :anna:{typed}"))
    register(guest, "guest")
    assert any(" 900 guest " in line for line in guest.ask(f"NS IDENTIFY anna :{typed}"))


@pytest.mark.parametrize("chosen", SPELLINGS)
def test_a_hash_of_the_password_as_typed_still_logs_in(bench: EngineHarness, chosen: str) -> None:
    hashes = replace(hash_password(chosen), password_hash=CHEAP.hash(chosen))
    record_now(bench.database, bench.clock, [registration_event(bench.clock, "anna", hashes)])
    for typed in SPELLINGS:
        assert codes(log_in(stranger(bench), "anna", typed)) == IN
    assert codes(log_in(stranger(bench), "anna", "creme brulee")) == ["AUTHENTICATE", "904"]


def test_a_changed_password_logs_in_in_every_spelling(bench: EngineHarness) -> None:
    account(bench, "anna", "sesame")
    anna = enter(bench, "anna", "anna", password="sesame")
    assert "Changed the password" in anna.ask(f"NS SET PASSWORD sesame :{DECOMPOSED}")[0]
    assert codes(log_in(stranger(bench), "anna", COMPOSED)) == IN


def test_a_registered_password_logs_in_in_every_spelling(bench: EngineHarness) -> None:
    bob = bench.dial("bob")
    register(bob, "bob")
    assert "SUCCESS" in bob.ask(f"REGISTER * * :{DECOMPOSED}")[0]
    assert codes(log_in(stranger(bench), "bob", COMPOSED)) == IN


@pytest.mark.parametrize("password", ["invisible\u202e", "\u0627\u0628 and tea", "open \N{FOX FACE}"])
def test_a_password_that_saslprep_prohibits_is_refused(bench: EngineHarness, password: str) -> None:
    bob = bench.dial("bob")
    register(bob, "bob")
    (refusal,) = bob.ask(f"REGISTER * * :{password}")
    assert "FAIL REGISTER UNACCEPTABLE_PASSWORD bob" in refusal
    assert "SASLprep (RFC 4013)" in refusal


def test_invisible_characters_do_not_lengthen_a_password(bench: EngineHarness) -> None:
    bob = bench.dial("bob")
    register(bob, "bob")
    assert "WEAK_PASSWORD" in bob.ask(f"REGISTER * * :short{chr(0xAD) * 6}")[0]


@pytest.mark.parametrize(
    "password", ["open \N{FOX FACE}", "\u0627\u06281\u0628a", "tea\u202eword", "a\u0000b"]
)
def test_a_password_that_may_not_be_set_only_fails_a_login(bench: EngineHarness, password: str) -> None:
    account(bench, "anna")
    assert codes(log_in(stranger(bench), "anna", password)) == ["AUTHENTICATE", "904"]


@pytest.mark.parametrize("form", ["plain", "hash", "hash of another spelling"])
def test_the_server_password_is_accepted_in_every_spelling(make_bench: MakeBench, form: str) -> None:
    password = {"plain": DECOMPOSED, "hash": CHEAP.hash(COMPOSED)}.get(form, CHEAP.hash(DECOMPOSED))
    bench = make_bench(password=password)
    typed = [DECOMPOSED] if form == "hash of another spelling" else SPELLINGS
    for number, spelling in enumerate(typed):
        person = bench.dial(f"u{number}")
        assert any(" 001 " in line for line in register(person, f"u{number}", f"PASS :{spelling}"))


@pytest.mark.parametrize("hashed", [COMPOSED, DECOMPOSED])
def test_oper_accepts_the_hashed_and_the_prepared_spelling(make_bench: MakeBench, hashed: str) -> None:
    bench = make_bench(operators={"root": CHEAP.hash(hashed)})
    (anna,) = gather(bench, "#tea", "anna")
    typed = SPELLINGS if hashed == COMPOSED else [DECOMPOSED]
    for spelling in typed:
        assert any(" 381 " in line for line in anna.ask(f"OPER root :{spelling}"))
        anna.ask("MODE anna -o")


def test_a_room_key_is_accepted_in_every_spelling(bench: EngineHarness) -> None:
    anna, bob = gather(bench, "#tea", "anna", "bob")
    anna.ask("MODE #tea +k the\u0301")
    bob.ask("PART #tea")
    assert codes(bob.ask("JOIN #tea tea"))[0] == "475"
    assert codes(bob.ask("JOIN #tea th\u00e9"))[0] == "JOIN"


@pytest.mark.parametrize("chunk", ["\u00e9", "\u00e9\u00e9\u00e9\u00e9", "=", "*x", "\U0001f98a" * 90])
def test_a_chunk_that_is_not_base64_fails_the_exchange(bench: EngineHarness, chunk: str) -> None:
    person = stranger(bench)
    person.ask("AUTHENTICATE PLAIN")
    assert codes(person.ask(f"AUTHENTICATE {chunk}", "PING x")) == ["904", "PONG"]
