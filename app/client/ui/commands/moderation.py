"""Commands for moderating a room; most of them require operator status in it."""

from app.client.protocol import intents
from app.client.protocol.membership.moderation import find_member
from app.client.ui.command_registry import Channel, Rest, command
from app.client.ui.controller import Controller
from app.errors import UsageError

OPERATOR, VOICE = "@", "+"  # status prefixes


@command()
def mode(controller: Controller, target: str | None = None, modes: Rest | None = None) -> None:
    """Show or change the modes of a room or of yourself. Default: the current room.

    /mode                      show the modes of the current room
    /mode +m                   let only members with voice speak
    /mode #tea b               list the bans of #tea
    /mode anna +i              change your own modes
    """
    if target and target[0] in "+-":
        target, modes = None, Rest(f"{target} {modes or ''}")
    letters, _, arguments = (modes or "").partition(" ")
    controller.driver.execute(intents.change_mode, target or controller.room, letters, arguments)


@command("k")
def kick(controller: Controller, room: Channel | None, nick: str, reason: Rest | None = None) -> None:
    """Remove a user from a room. Default: the current room."""
    controller.driver.execute(intents.kick, room or controller.room, nick, reason or "")


@command()
def op(controller: Controller, room: Channel | None, nicks: Rest) -> None:
    """Make users operators of a room. Default: the current room."""
    _give(controller, room or controller.room, nicks, "o")


@command()
def deop(controller: Controller, room: Channel | None, nicks: Rest) -> None:
    """Take operator status from users. Default: the current room."""
    _take(controller, room or controller.room, nicks, "o")


@command()
def voice(controller: Controller, room: Channel | None, nicks: Rest) -> None:
    """Let users speak in a moderated room. Default: the current room."""
    _give(controller, room or controller.room, nicks, "v")


@command()
def devoice(controller: Controller, room: Channel | None, nicks: Rest) -> None:
    """Take the right to speak in a moderated room from users. Default: the current room."""
    _take(controller, room or controller.room, nicks, "v")


# A change without effect has no reply, so it is refused here if the client can tell.


def _give(controller: Controller, room: str, nicks: str, letter: str) -> None:
    prefix = {"o": OPERATOR, "v": VOICE}[letter]
    names = nicks.replace(",", " ").split()
    if all(_has_prefix(controller, room, nick, prefix) for nick in names):
        raise UsageError(f"{_join(names)} already {_have(names)} {_role(letter)} in {room}.")
    controller.driver.execute(intents.change_roles, room, f"+{letter}", names)


def _take(controller: Controller, room: str, nicks: str, letter: str) -> None:
    prefix = {"o": OPERATOR, "v": VOICE}[letter]
    names = nicks.replace(",", " ").split()
    members = [find_member(controller.state, room, nick) for nick in names]
    if all(member and prefix not in member.prefix for member in members):
        raise UsageError(f"{_join(names)} {_have(names)} no {_role(letter)} in {room}.")
    controller.driver.execute(intents.change_roles, room, f"-{letter}", names)


def _has_prefix(controller: Controller, room: str, nick: str, prefix: str) -> bool:
    member = find_member(controller.state, room, nick)
    return member is not None and prefix in member.prefix


def _role(letter: str) -> str:
    return "operator status" if letter == "o" else "voice"


def _have(names: list[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _join(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


@command()
def ban(controller: Controller, room: Channel | None, target: str | None = None) -> None:
    """Ban a user or a mask from a room, or list the bans. Default: the current room.

    /ban                       list the bans
    /ban walt                  ban walt: by account or, if walt is a guest, by host
    /ban *!*@*.example.org     ban a mask
    /ban #tea walt             in another room

    A ban does not remove a user who is in the room; use /kick as well.
    """
    name = room or controller.room
    if target is None:
        controller.driver.execute(intents.request_bans, name)
    else:
        controller.driver.execute(intents.ban, name, target)


@command()
def unban(controller: Controller, room: Channel | None, target: str) -> None:
    """Remove a ban by its mask, or all bans that name a user. Default: the current room."""
    controller.driver.execute(intents.unban, room or controller.room, target)
