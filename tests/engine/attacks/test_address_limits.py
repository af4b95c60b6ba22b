"""Limits per address count an IPv6 /64 network, or a mapped IPv4 address, as one address."""

from collections.abc import Callable

import pytest
from argon2 import PasswordHasher

from tests.engine.account_clients import account, log_in
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")
Attempt = Callable[[EngineHarness, HarnessClient], list[str]]


def fail_login(bench: EngineHarness, person: HarnessClient) -> list[str]:
    """Log in with a wrong password."""
    return log_in(person, "anna", "wrong")


def fail_server_password(bench: EngineHarness, person: HarnessClient) -> list[str]:
    """Complete registration with a wrong server password."""
    return person.ask("PASS wrong", f"NICK {person.name}", "USER x 0 * :x")


def fail_oper(bench: EngineHarness, person: HarnessClient) -> list[str]:
    """Send OPER with a wrong password."""
    return person.ask(f"NICK {person.name}", "USER x 0 * :x", "OPER root wrong")


def fail_verify(bench: EngineHarness, person: HarnessClient) -> list[str]:
    """Send VERIFY with a wrong code."""
    return person.ask("VERIFY anna 123456")


def register(bench: EngineHarness, person: HarnessClient) -> list[str]:
    """Register an account."""
    return person.ask(f"NICK {person.name}", "REGISTER * * :sesame street")


def create_room(bench: EngineHarness, person: HarnessClient) -> list[str]:
    """Create a room."""
    return person.ask(f"NICK {person.name}", "USER x 0 * :x", f"JOIN #{person.name}")


LIMITS: dict[str, tuple[Attempt, str, dict[str, object]]] = {
    "login": (fail_login, "Too many failed logins", {}),
    "server password": (fail_server_password, "Too many wrong passwords", {"password": "letmein"}),
    "oper": (fail_oper, "Too many wrong passwords", {"operators": {"root": HASH}}),
    "verify": (fail_verify, "Too many failed attempts", {}),
    "registration": (register, "Too many accounts were registered", {}),
    "rooms": (create_room, "Too many rooms were created", {"max_rooms_per_user": 1}),
}
ADDRESSES = {
    "IPv6": ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:3::1"),
    "mapped IPv4": ("192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"),
}


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_limit_counts_all_addresses_of_a_customer(make_bench: MakeBench, limit: str, kind: str) -> None:
    attempt, refusal, settings = LIMITS[limit]
    bench = make_bench(**{"login_attempts": 1, "registrations_per_address": 1, **settings})
    account(bench, "anna")
    first, same, other = (
        bench.dial(f"user{number}", address) for number, address in enumerate(ADDRESSES[kind])
    )
    answers = ["\n".join(attempt(bench, person)) for person in (first, same, other)]
    assert [refusal in answer for answer in answers] == [False, True, False]
