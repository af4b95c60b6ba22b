"""What administrators do reaches all nodes, and happens once."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from sqlalchemy import URL, select

from app.db.models import EventRow
from app.events import Kind
from app.services.administration.moderation import kill_user
from app.services.users.sessions import list_sessions
from tests.conftest import MovedClock
from tests.engine.account_clients import account, enter, log_in
from tests.engine.cluster import Cluster
from tests.engine.deeds import administer
from tests.engine.scenes import gather
from tests.story import Story


@pytest.fixture
def clustered_operators(url: URL, clock: MovedClock, cheap_hashing: None) -> Iterator[Cluster]:
    """Nodes with an operator, on which an address may fail three times."""
    operators = {"god": PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("heaven")}
    cluster = Cluster(url, clock, operators=operators, login_attempts=3)
    cluster.start("a")
    cluster.start("b")
    yield cluster
    cluster.close()


def count(cluster: Cluster, kind: Kind) -> int:
    with cluster.nodes["a"].database.reading() as session:
        return len(session.scalars(select(EventRow.id).where(EventRow.kind == kind)).all())


@pytest.mark.parametrize("deed", ["ban", "disable"])
def test_users_are_disconnected_from_all_nodes_once(cluster: Cluster, deed: str) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    account(a, "anna")
    cluster.settle()
    first = enter(a, "anna", "anna")
    cluster.settle()
    second = enter(b, "anna", "anna")
    (bob,) = gather(b, "#tea", "bob")
    cluster.settle()
    first.send("JOIN #tea")
    cluster.settle()
    for person in (first, second, bob):
        person.heard()
    administer(a, "anna", deed)
    cluster.settle()
    reason = "Banned: enough" if deed == "ban" else "The account was disabled"
    assert bob.heard() == [f":anna!~anna@127.0.0.1 QUIT :{reason}"]
    assert first.heard()[-1] == second.heard()[-1] == f"ERROR :Closing link: {reason}"
    assert count(cluster, Kind.QUIT) == 1


def test_a_detached_user_is_killed_once(cluster: Cluster) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    account(a, "anna")
    cluster.settle()
    anna = enter(b, "anna", "anna")
    anna.send("NS SET ALWAYS-ON on", "JOIN #tea", "QUIT")
    cluster.settle()
    Story(b.database, b.clock).apply(lambda admin: kill_user(admin, "anna", "enough"))
    cluster.settle()
    assert a.world.find_user("anna") is b.world.find_user("anna") is None
    assert count(cluster, Kind.QUIT) == 1


def test_wrong_operator_passwords_count_on_all_nodes(clustered_operators: Cluster) -> None:
    a, b = clustered_operators.nodes["a"], clustered_operators.nodes["b"]
    first, second = a.connect("first"), b.connect("second")
    for _ in range(3):
        assert " 464 " in first.ask("OPER god wrong")[0]
    clustered_operators.settle()
    assert "Too many wrong passwords" in second.ask("OPER god heaven")[0]


def test_an_address_is_trusted_on_all_nodes_after_a_login(clustered_operators: Cluster) -> None:
    a, b = clustered_operators.nodes["a"], clustered_operators.nodes["b"]
    account(a, "anna")
    clustered_operators.settle()
    enter(a, "anna", "anna")
    clustered_operators.settle()
    for number in range(30):
        attacker = b.dial(f"attacker{number}", address=f"192.0.2.{number}")
        attacker.send("CAP REQ sasl")
        log_in(attacker, "anna", "wrong")
    assert "Too many failed logins" in log_in(attacker, "anna")[-1]
    assert enter(b, "anna", "anna")


def test_administrators_see_the_nodes(cluster: Cluster) -> None:
    a, b = cluster.nodes["a"], cluster.nodes["b"]
    account(a, "root", role="admin")
    cluster.settle()
    root = enter(a, "root", "root")
    bob = b.connect("bob")
    cluster.settle()
    assert ":irc.example 320 root bob :is connected to b" in root.ask("WHOIS bob")
    assert root.ask("LINKS") == [
        ":irc.example 364 root a irc.example :0 irc.example",
        ":irc.example 364 root b irc.example :1 irc.example",
        ":irc.example 365 root * :End of LINKS list",
    ]
    assert bob.ask("LINKS") == [":irc.example 365 bob * :End of LINKS list"]
    assert not [line for line in bob.ask("WHOIS root") if " 320 " in line]
    with a.database.reading() as session:
        assert [(found.nick, found.nodes) for found in list_sessions(session)] == [
            ("root", ["a"]),
            ("bob", ["b"]),
        ]
