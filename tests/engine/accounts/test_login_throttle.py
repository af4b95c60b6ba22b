"""Limits on login attempts and registrations, and their bounded memory."""

import pytest

from app.engine.limits.login_throttle import PER_NAME_FACTOR, LoginThrottle
from app.engine.limits.rate_limits import MAX_KEYS, RateLimit, rate_key
from tests.conftest import MovedClock
from tests.engine.account_clients import PASSWORD, Scram, account, begin, codes, finish, log_in, plain
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness

WAIT = ":irc.example 904 * :Too many failed logins; wait 5 minutes and try again"


def fail(bench: EngineHarness, times: int, name: str = "anna", address: str = "192.0.2.7") -> None:
    """Fail to log in `times` times on one connection."""
    person = bench.dial("guesser", address)
    for _ in range(times):
        assert codes(log_in(person, name, "wrong")) == ["AUTHENTICATE", "904"]


def test_an_address_that_failed_too_often_must_wait(make_bench: MakeBench, clock: MovedClock) -> None:
    bench = make_bench(login_attempts=3, register_timeout=600)
    account(bench, "anna")
    for name in ("x", "y", "z"):
        fail(bench, 1, name)
    same, other = bench.dial("same", "192.0.2.7"), bench.dial("other", "192.0.2.8")
    assert log_in(same, "anna")[1:] == [WAIT]
    assert codes(log_in(other, "anna")) == ["AUTHENTICATE", "900", "903"]
    clock.instant += 299_000
    assert log_in(same, "anna")[1:] == [WAIT.replace("5 minutes", "a minute")]
    clock.instant += 1_001
    assert codes(log_in(same, "anna")) == ["AUTHENTICATE", "900", "903"]


def guess_from_everywhere(bench: EngineHarness, name: str, most: int) -> None:
    """Fail as often as unknown addresses together may, each from a new address."""
    for number in range(most * PER_NAME_FACTOR):
        fail(bench, 1, name, f"198.51.100.{number}")


def test_failures_elsewhere_never_lock_out_a_known_address(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=2, register_timeout=600)
    account(bench, "Anna")
    account(bench, "bob")
    assert codes(log_in(bench.dial("home", "192.0.2.9"), "anna")) == ["AUTHENTICATE", "900", "903"]
    guess_from_everywhere(bench, "anna", 2)
    assert log_in(bench.dial("stranger", "192.0.2.8"), "ANNA")[1:] == [WAIT]
    assert codes(log_in(bench.dial("home", "192.0.2.9"), "Anna")) == ["AUTHENTICATE", "900", "903"]
    assert codes(log_in(bench.dial("other", "192.0.2.8"), "bob")) == ["AUTHENTICATE", "900", "903"]
    fail(bench, 2, "anna", "192.0.2.9")
    assert log_in(bench.dial("home", "192.0.2.9"), "anna")[1:] == [WAIT], "its own failures count"


def test_known_addresses_survive_a_restart(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=1)
    account(bench, "anna")
    person = bench.dial("home", "2001:db8:1:2::7")
    log_in(person, "anna")
    person.ask("NICK anna", "USER anna 0 * :x")
    bench.restart()
    guess_from_everywhere(bench, "anna", 1)
    assert log_in(bench.dial("stranger", "2001:db8:1:3::7"), "anna")[1:] == [WAIT]
    neighbour = bench.dial("neighbour", "2001:db8:1:2:ffff::1")
    assert codes(log_in(neighbour, "anna")) == ["AUTHENTICATE", "900", "903"]


def test_the_registering_address_is_known_to_the_account(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=1)
    bench.connect("anna", address="192.0.2.9").ask("REGISTER * * secret")
    guess_from_everywhere(bench, "anna", 1)
    assert codes(log_in(bench.dial("x", "192.0.2.9"), "anna", "secret")) == ["AUTHENTICATE", "900", "903"]


def test_unregistered_names_are_limited_too(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=1)
    guess_from_everywhere(bench, "nobody", 1)
    assert log_in(bench.dial("other", "192.0.2.9"), "nobody")[1:] == [WAIT]


def test_an_ipv6_network_counts_as_one_address(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=2)
    account(bench, "anna")
    for number in range(2):
        fail(bench, 1, f"x{number}", f"2001:db8::{number}")
    assert log_in(bench.dial("same", "2001:db8::ffff"), "anna")[1:] == [WAIT]
    assert codes(log_in(bench.dial("other", "2001:db8:0:1::1"), "anna")) == ["AUTHENTICATE", "900", "903"]


def test_the_oldest_known_addresses_are_evicted(clock: MovedClock) -> None:
    guesses = LoginThrottle(clock, 1)
    for number in range(MAX_KEYS + 1):
        guesses.trust("192.0.2.1", str(number))
    for name in ("0", str(MAX_KEYS)):
        for number in range(PER_NAME_FACTOR):
            guesses.record(f"198.51.100.{number}", name)
    assert guesses.delay_seconds("192.0.2.1", "0") == 300
    assert guesses.delay_seconds("192.0.2.1", str(MAX_KEYS)) == 0
    assert guesses.delay_seconds("192.0.2.1") == 0


def test_loopback_is_limited_after_ten_failures(bench: EngineHarness) -> None:
    account(bench, "anna")
    fail(bench, 10, "x", "127.0.0.1")
    assert log_in(bench.dial("anna"), "anna")[1:] == [WAIT]


def test_successful_logins_do_not_count(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=1)
    account(bench, "anna")
    for _ in range(5):
        assert codes(log_in(bench.dial("anna"), "anna")) == ["AUTHENTICATE", "900", "903"]


def test_scram_is_limited_too(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=2)
    account(bench, "anna")
    person, late = bench.dial("bob"), bench.dial("late")
    waiting = Scram(late, "anna")
    challenge = waiting.begin()
    for _ in range(2):
        scram = Scram(person, "anna", "wrong")
        assert codes(scram.prove(scram.begin())) == ["904"]
    assert Scram(person, "anna").begin() == [WAIT]
    assert waiting.prove(challenge) == [WAIT]


def test_concurrent_attempts_are_all_counted(make_bench: MakeBench) -> None:
    """The password was right, but others failed while it was checked."""
    bench = make_bench(login_attempts=2)
    account(bench, "anna")
    person = bench.dial("bob")
    unit = begin(person, "AUTHENTICATE PLAIN", *plain("anna"))
    fail(bench, 2, address="127.0.0.1")
    assert finish(person, unit) == [WAIT]


def test_pass_logins_are_limited_too(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=2)
    account(bench, "anna")
    for name in ("one", "two", "three"):
        bench.dial(name)
        bench.play(
            f"""
            {name} > PASS anna:{PASSWORD if name == "three" else "wrong"}
            {name} > NICK {name}
            {name} > USER {name} 0 * :{name}
            {name} ~ :irc.example 464 {name} :{"Too many failed" if name == "three" else "Login failed"}*
            {name} ~ :irc.example 001 {name} :*
            """
        )


def test_server_password_attempts_are_limited(make_bench: MakeBench) -> None:
    bench = make_bench(login_attempts=2, password="letmein")
    for name in ("one", "two", "three"):
        person = bench.dial(name)
        heard = person.ask(
            f"PASS {'letmein' if name == 'three' else 'wrong'}", f"NICK {name}", f"USER {name} 0 * :x"
        )
        assert codes(heard) == ["464", "ERROR"]
        assert ("Too many" in heard[-1]) is (name == "three")


def test_registrations_per_address_and_hour_are_limited(make_bench: MakeBench, clock: MovedClock) -> None:
    bench = make_bench(registrations_per_address=2, ping_interval=7200)
    anna, bob, carol = (bench.connect(name) for name in ("anna", "bob", "carol"))
    assert "SUCCESS" in anna.ask("REGISTER * * secret")[0]
    assert "WEAK_PASSWORD" in bob.ask("REGISTER * * s")[0]
    assert "SUCCESS" in bob.ask("REGISTER * * secret")[0]
    assert carol.ask("REGISTER * * secret") == [
        ":irc.example FAIL REGISTER TEMPORARILY_UNAVAILABLE carol "
        ":Too many accounts were registered from your address; wait 60 minutes and try again"
    ]
    dave = bench.connect("dave", address="192.0.2.7")
    assert "SUCCESS" in dave.ask("REGISTER * * secret")[0]
    clock.instant += 3_600_001
    assert "SUCCESS" in carol.ask("REGISTER * * secret")[0]


def test_a_limit_of_zero_disables_the_check(clock: MovedClock) -> None:
    throttle = RateLimit(clock, 0, 60.0)
    for _ in range(100):
        throttle.record("x")
    assert throttle.delay_seconds("x") == 0


def test_a_rate_limit_evicts_the_longest_idle_key(clock: MovedClock) -> None:
    throttle = RateLimit(clock, 1, 60.0)
    for number in range(MAX_KEYS + 1):
        throttle.record(str(number))
    assert throttle.delay_seconds("0") == 0
    assert throttle.delay_seconds("1") == 60
    assert throttle.delay_seconds(str(MAX_KEYS)) == 60


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("somewhere", "somewhere"),
    ],
)
def test_the_rate_key_is_an_ipv4_address_or_an_ipv6_prefix(address: str, kept: str) -> None:
    assert rate_key(address) == kept
