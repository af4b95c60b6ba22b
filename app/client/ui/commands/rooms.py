"""Commands for joining, leaving, finding and describing rooms."""

from app.client.protocol import intents
from app.client.ui.command_registry import Channel, Rest, command
from app.client.ui.controller import Controller
from app.errors import UsageError

REMOVE_TOPIC = "-delete"


@command("j", works_offline=True)
def join(controller: Controller, room: str, key: str | None = None) -> None:
    """Join a room and make it current."""
    _enter(controller, room, key or "")


@command(works_offline=True)
def enter(controller: Controller, room: str | None = None) -> None:
    """Join a room and make it current. Default: the room in your settings."""
    _enter(controller, room or next(iter(controller.state.options.rooms), "#general"))


@command("leave")
def part(controller: Controller, room: Channel | None, reason: Rest | None = None) -> None:
    """Leave a room. Default: the current room."""
    if room is None and reason and _is_joined(controller, f"#{reason}"):
        room, reason = Channel(f"#{reason}"), None
    leave(controller, room or controller.room, reason)


def _is_joined(controller: Controller, name: str) -> bool:
    room = controller.state.find_room(name)
    return room is not None and room.is_joined


def _enter(controller: Controller, room: str, key: str = "") -> None:
    name = room if controller.state.is_room(room) else f"#{room}"
    controller.enter_room(name, key)


def leave(controller: Controller, name: str, reason: str | None) -> None:
    """Leave a room, or close a conversation.

    Raises: UsageError when the user is not in the room.
    """
    room = controller.state.find_room(name)
    if not controller.state.is_room(name):
        controller.leave_current(name)
    elif room is None or not room.is_joined:
        raise UsageError(f"You are not in {name}.")
    else:
        controller.driver.execute(intents.part, name, reason or "")


@command("t")
def topic(controller: Controller, room: Channel | None, text: Rest | None = None) -> None:
    """Show or set the topic of a room. Default: the current room.

    /topic                     show the topic
    /topic Green tea           set it
    /topic #kitchen Green tea  set that of another room
    /topic -delete             remove it

    To begin a topic with #, name the room first.
    """
    name = room or controller.room
    if not text:
        controller.driver.execute(intents.request_topic, name)
    else:
        controller.driver.execute(intents.set_topic, name, "" if text == REMOVE_TOPIC else text)


@command("n")
def names(controller: Controller, room: str | None = None) -> None:
    """List the members of a room. Default: the current room."""
    controller.driver.execute(intents.request_names, room or controller.room)


@command("rooms")
def list_(controller: Controller) -> None:
    """List the rooms on the server."""
    controller.driver.execute(intents.request_rooms)


@command()
def invite(controller: Controller, nick: str, room: str | None = None) -> None:
    """Invite a user to a room. Default: the current room."""
    controller.driver.execute(intents.invite, nick, room or controller.room)
