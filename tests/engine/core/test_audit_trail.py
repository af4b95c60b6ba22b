"""The audit trail of administrator commands."""

import pytest
from argon2 import PasswordHasher

from app.services.administration import audit
from tests.engine.account_clients import account, enter
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")


@pytest.fixture
def bench(make_bench: MakeBench) -> EngineHarness:
    """A server with an operator in its settings."""
    return make_bench(operators={"boss": HASH})


def trail(bench: EngineHarness) -> list[tuple[str, str, str, object]]:
    """Return actor, action, target and detail of every audit entry."""
    with bench.database.reading() as session:
        return [
            (one.actor, one.action, one.target, one.detail) for one in audit.find_latest_entries(session, 100)
        ]


def test_administrator_commands_are_audited(bench: EngineHarness) -> None:
    account(bench, "Root", role="admin")
    root = enter(bench, "chief", "Root")
    bench.connect("bob")
    root.send("KILL bob :spam", "KLINE 1d bob!*@* :spam", "UNKLINE bob!*@*", "DLINE 192.0.2.7")
    root.send("WALLOPS :tea is ready", "REHASH", "CHGHOST chief tea.example")
    by = {"by": "chief"}
    assert trail(bench) == [
        ("Root", "kill", "bob", by | {"reason": "spam"}),
        (
            "Root",
            "ban.add",
            "bob!*@*",
            by | {"type": "nick", "reason": "spam", "expires": "2026-11-19T11:06:40.000Z"},
        ),
        ("Root", "ban.remove", "bob!*@*", by),
        ("Root", "ban.add", "192.0.2.7", by | {"type": "address", "reason": "Banned"}),
        ("Root", "wallops", "", by | {"text": "tea is ready"}),
        ("Root", "rehash", "", by),
        ("Root", "chghost", "chief", by | {"host": "tea.example", "before": "127.0.0.1"}),
    ]


def test_oper_attempts_are_audited_with_the_address(bench: EngineHarness) -> None:
    alice = bench.connect("alice", address="192.0.2.7")
    alice.send("OPER boss guess", "OPER hunter2 boss", "OPER boss :open sesame")
    detail = {"by": "alice", "address": "192.0.2.7"}
    assert trail(bench) == [
        ("alice", "oper.refused", "boss", detail),
        ("alice", "oper.refused", "", detail),
        ("alice", "oper", "boss", detail),
    ]


def test_refused_commands_are_not_audited(bench: EngineHarness) -> None:
    alice = bench.connect("alice")
    alice.send("KILL alice", "KLINE bob!*@*", "UNKLINE bob!*@*", "WALLOPS :tea", "REHASH", "OPER boss")
    assert trail(bench) == []
