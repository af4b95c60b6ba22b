"""SAJOIN and SAMODE."""

import pytest

from app.services.administration import audit
from tests.engine.account_clients import account, codes, enter
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather, people


@pytest.fixture
def root(bench: EngineHarness) -> HarnessClient:
    """A logged-in administrator in no room."""
    account(bench, "root", role="admin")
    return enter(bench, "root", "root")


def actions(bench: EngineHarness) -> list[str]:
    """Return the administrator's actions in the audit trail."""
    with bench.database.reading() as session:
        return [
            f"{one.action} {one.target}"
            for one in audit.find_latest_entries(session, 100)
            if one.actor == "root"
        ]


def test_sajoin_and_samode_recover_an_abused_room(bench: EngineHarness, root: HarnessClient) -> None:
    gather(bench, "#tea", "mallory", "anna")
    bench.people["mallory"].ask("MODE #tea +iklb geheim 2 *!*@*")
    bench.people["anna"].heard()
    assert codes(root.ask("JOIN #tea")) == ["474"]
    bench.play(
        """
        root > SAMODE #tea -o+o mallory anna
        root < :root!~root@127.0.0.1 MODE #tea -o+o mallory anna
        anna < :root!~root@127.0.0.1 MODE #tea -o+o mallory anna
        mallory ~ :root!* MODE #tea -o+o mallory anna
        root > SAJOIN #TEA
        root < :root!~root@127.0.0.1 JOIN #tea
        root ~ :irc.example 353 root = #tea :*
        root ~ :irc.example 366 *
        anna < :root!~root@127.0.0.1 JOIN #tea
        anna > KICK #tea mallory :out
        root ~ * KICK #tea mallory :out
        root > KICK #tea anna
        root ~ :irc.example 482 root #tea :*
        root > SAMODE #tea b
        root ~ :irc.example 367 root #tea *!*@* *
        root ~ :irc.example 368 *
        root > SAJOIN #tea
        root =
        """
    )
    assert actions(bench) == ["samode #tea", "sajoin #tea"]


def test_samode_shows_lists_from_outside(bench: EngineHarness, root: HarnessClient) -> None:
    gather(bench, "#tea", "anna")
    bench.people["anna"].ask("MODE #tea +b x!*@*")
    assert codes(root.ask("MODE #tea b")) == ["442"]
    assert codes(root.ask("SAMODE #tea b")) == ["367", "368"]
    assert actions(bench) == []


def test_an_operators_own_change_is_not_an_override(bench: EngineHarness, root: HarnessClient) -> None:
    gather(bench, "#tea", "root")
    root.ask("SAMODE #tea +m", "SAMODE #tea +m")
    assert actions(bench) == ["room.mode #tea"]


def test_sajoin_and_samode_refuse_invalid_use(bench: EngineHarness, root: HarnessClient) -> None:
    gather(bench, "#tea", "anna")
    (bob,) = people(bench, "bob")
    assert codes(bob.ask("SAJOIN #tea", "SAMODE #tea +o bob")) == ["481", "481"]
    assert codes(root.ask("SAJOIN #nope,#tea")) == ["403", "JOIN", "353", "366"]
    lines = (
        "SAMODE #nope +m",
        "SAMODE #tea +o nobody",
        "SAMODE #tea +o bob",
        "SAMODE #tea +Z",
        "SAMODE #tea",
    )
    assert codes(root.ask(*lines)) == ["403", "401", "441", "472", "461"]


def test_the_room_limit_applies_to_sajoin(bench: EngineHarness, root: HarnessClient) -> None:
    gather(bench, "#tea", "anna")
    bench.core.runtime.settings = bench.core.runtime.settings.model_copy(update={"max_rooms_per_user": 0})
    assert codes(root.ask("SAJOIN #tea")) == ["405"]
