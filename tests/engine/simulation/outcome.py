"""Checks at the end of a history, when everything works again and all nodes have read the log."""

from collections.abc import Mapping

from app.engine.world.world import World
from tests.engine.invariants import check_world
from tests.engine.simulation.clocks import START
from tests.engine.simulation.node import SimulatedNode
from tests.engine.simulation.reference import Reference
from tests.engine.world_state import describe_world

DAY_SECONDS = 86_400


def check_outcome(nodes: Mapping[str, SimulatedNode], reference: Reference, restored: World) -> None:
    """Check that all have received everything, and that nodes and tables have the same state."""
    for node in nodes.values():
        assert node.position == reference.position, f"{node.name} has not read the log"
        assert not node.has_shown_lost, f"{node.name} has shown lost events, and goes on"
        for client in node.clients:
            missing = client.find_missing(reference.expected[client.session or 0])
            assert not (client.is_open and missing), f"{client.nick} has not received {missing}"
    if nodes:
        _check_sessions(nodes, reference)
        for node in nodes.values():
            check_world(node.world)
            assert _describe(node.world) == _describe(restored)


def _check_sessions(nodes: Mapping[str, SimulatedNode], reference: Reference) -> None:
    """Check that sessions are exactly where they have open connections."""
    for name, node in nodes.items():
        listed = {key for key, stay in reference.sessions.items() if name in stay.nodes}
        connected = {client.session for client in node.clients if client.is_open and client.session}
        assert listed == connected, f"sessions on {name}: {listed}, but connected are {connected}"
    gone = {name for stay in reference.sessions.values() for name in stay.nodes} - nodes.keys()
    assert not gone, f"there are sessions on {gone}"
    assert reference.live_nodes.keys() == nodes.keys()


def _describe(world: World) -> object:
    """Return the state of a world. A commit that is retried moves the instants in the log."""
    return _without_instants(describe_world(world))


def _without_instants(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_instants(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(map(_without_instants, value))
    is_instant = isinstance(value, int) and abs(value - START // 1000) < DAY_SECONDS
    return None if is_instant else value
