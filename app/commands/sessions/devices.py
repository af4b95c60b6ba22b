"""What other nodes know of the devices that a user has on this one."""

from app.engine.changeset import Changeset
from app.engine.world.user import NodeDevices, User
from app.engine.world.world import World
from app.events import Kind
from app.events.data import AttachedData


def publish_devices(world: World, changeset: Changeset, user: User) -> None:
    """Record the devices that a user has here, unless the other nodes know that of them already."""
    devices = NodeDevices.of(user.clients)
    if user.devices.get(world.node) != devices:
        certificates = devices.certificates or None
        data = AttachedData(world.node, secure=devices.are_secure, certificates=certificates)
        changeset.emit(user.event(Kind.ATTACHED, data=data))
