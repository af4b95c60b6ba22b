"""A server that is drained sends its clients away in small groups, and then stops."""

from app.commands.sessions.connections import DRAINING, MAX_DRAINED_CLIENTS
from app.events import Event, Kind
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness
from tests.story import record_now


def drain(bench: EngineHarness, name: str) -> None:
    """Have a node drained, as `chat-admin node drain` does."""
    record_now(bench.database, bench.clock, [Event(Kind.NODE_DRAINED, nick="server", target=name)])


def pass_second(bench: EngineHarness, clock: MovedClock) -> None:
    """Let a second pass, in which the engine has nothing to do."""
    clock.instant += 1_000
    bench.core.engine.cycle(())


def closed(bench: EngineHarness) -> list[str]:
    """Return the people who were sent away, and let them hang up."""
    gone = [name for name, person in bench.people.items() if person.ear.is_finished]
    for name in gone:
        bench.people.pop(name).hang_up()
    return gone


def test_drained_server_closes_connections_in_groups_and_stops(
    bench: EngineHarness, clock: MovedClock
) -> None:
    for number in range(MAX_DRAINED_CLIENTS + 1):
        bench.connect(f"anna{number}")
    drain(bench, "main")
    pass_second(bench, clock)
    pass_second(bench, clock)
    assert len(closed(bench)) == MAX_DRAINED_CLIENTS
    pass_second(bench, clock)
    (last,) = list(bench.people.values())
    assert last.heard()[-1] == f"ERROR :Closing link: {DRAINING}"
    assert not bench.core.engine.is_drained
    closed(bench)
    pass_second(bench, clock)
    assert bench.core.engine.is_drained


def test_drained_server_refuses_new_connections(bench: EngineHarness, clock: MovedClock) -> None:
    drain(bench, "main")
    pass_second(bench, clock)
    newcomer = bench.dial("anna")
    assert newcomer.heard() == [f"ERROR :Closing link: {DRAINING}"]


def test_another_server_is_drained_without_effect_here(bench: EngineHarness, clock: MovedClock) -> None:
    anna = bench.connect("anna")
    drain(bench, "other")
    pass_second(bench, clock)
    pass_second(bench, clock)
    assert anna.ask("PING :fence") == [":irc.example PONG irc.example :fence"]
    assert not bench.core.engine.is_drained
