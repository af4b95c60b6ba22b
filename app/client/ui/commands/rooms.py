"""Commands for joining, leaving and describing rooms."""

from app.client.protocol import intents
from app.client.ui.command_registry import Rest, command
from app.client.ui.controller import Controller
from app.errors import UsageError


@command(works_offline=True)
def enter(controller: Controller, room: str | None = None) -> None:
    """Join a room and make it current. Default: the room in your settings."""
    _enter(controller, room or next(iter(controller.state.options.rooms), "#general"))


@command()
def quit_(controller: Controller, reason: Rest | None = None) -> None:
    """Leave the current room. To end the program, use /disconn."""
    _leave(controller, controller.room, reason)


@command(works_offline=True)
def join(controller: Controller, room: str, key: str | None = None) -> None:
    """Join a room and make it current."""
    _enter(controller, room, key or "")


@command()
def part(controller: Controller, room: str | None = None, reason: Rest | None = None) -> None:
    """Leave a room. Default: the current room."""
    _leave(controller, room or controller.room, reason)


def _enter(controller: Controller, room: str, key: str = "") -> None:
    name = room if controller.state.is_room(room) else f"#{room}"
    controller.enter_room(name, key)


def _leave(controller: Controller, name: str, reason: str | None) -> None:
    room = controller.state.find_room(name)
    if room is not None and room.is_direct:
        controller.leave_current(name)
    elif room is None or not room.is_joined:
        raise UsageError(f"You are not in {name}.")
    else:
        controller.driver.execute(intents.part, name, reason or "")


@command()
def topic(controller: Controller, text: Rest | None = None) -> None:
    """Show or set the topic of the current room."""
    if text:
        controller.driver.execute(intents.set_topic, controller.room, text)
    else:
        controller.driver.execute(intents.request_topic, controller.room)


@command()
def names(controller: Controller, room: str | None = None) -> None:
    """List the members of a room. Default: the current room."""
    controller.driver.execute(intents.request_names, room or controller.room)


@command()
def invite(controller: Controller, nick: str, room: str | None = None) -> None:
    """Invite a user to a room. Default: the current room."""
    controller.driver.execute(intents.invite, nick, room or controller.room)


@command()
def list_(controller: Controller) -> None:
    """List the rooms on the server."""
    controller.driver.execute(intents.request_rooms)
