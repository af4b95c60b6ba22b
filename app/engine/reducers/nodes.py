"""Reducers for the nodes on the database."""

from app.engine.world.world import World
from app.events import Event


def started(world: World, event: Event) -> None:
    """Add a node."""
    world.live_nodes.add(event.target or "")


def ended(world: World, event: Event) -> None:
    """Remove a node; this one remains, as far as it is concerned."""
    if event.target != world.node:
        world.live_nodes.discard(event.target or "")
