"""Common openings of a conversation: clients connect, join rooms and log in."""

from app.engine.world.user import User
from app.events import Event, Kind
from app.events.data import RegisteredData
from tests.engine.harness import EngineHarness, HarnessClient


def people(bench: EngineHarness, *names: str) -> list[HarnessClient]:
    """Connect clients that are missing, and discard what all received."""
    found = [bench.people.get(name) or bench.connect(name) for name in names]
    for person in found:
        person.heard()
    return found


def gather(bench: EngineHarness, room: str, *names: str) -> list[HarnessClient]:
    """Join a room in this order, and discard what the clients received."""
    for person in people(bench, *names):
        person.send(f"JOIN {room}")
    return people(bench, *names)


def user(bench: EngineHarness, nick: str) -> User:
    """Return a user of the world."""
    found = bench.core.runtime.world.find_user(nick)
    assert found is not None
    return found


def log_in(bench: EngineHarness, nick: str, account: str, role: str = "user") -> None:
    """Log a user in without SASL."""
    world = bench.core.runtime.world
    number = len(world.accounts) + 1
    world.apply(Event(Kind.REGISTERED, account=account, data=RegisteredData(number, role)))
    world.apply(Event(Kind.LOGGED_IN, session=user(bench, nick).session, account=account))
