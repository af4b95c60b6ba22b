"""Reducers for the nodes on the database."""

from app.engine.world.world import World
from app.events import Event


def started(world: World, event: Event) -> None:
    """Add a node."""
    world.live_nodes.add(event.target or "")


def drained(world: World, event: Event) -> None:
    """Begin to drain this node, if the event names it."""
    world.is_draining |= event.target == world.node


def ended(world: World, event: Event) -> None:
    """Remove a node. This one counts itself as live until it stops."""
    if event.target != world.node:
        world.live_nodes.discard(event.target or "")
