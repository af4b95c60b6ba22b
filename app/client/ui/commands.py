"""The slash commands. `/help` and completion are derived from this file."""

from datetime import datetime

from app.client.protocol import intents
from app.client.protocol.history import CAPABILITY as HISTORY
from app.client.protocol.registration import REGISTRATION
from app.client.protocol.search import CAPABILITY as SEARCH
from app.client.protocol.search import read_search
from app.client.protocol.times import read_span
from app.client.ui.command_registry import COMMANDS, Rest, command, find
from app.client.ui.controller import Controller
from app.clock import from_datetime
from app.errors import UsageError


@command(works_offline=True)
def help_(controller: Controller, name: str | None = None) -> None:
    """Show the commands, or explain one of them."""
    if name:
        chosen = find(name.removeprefix("/"), controller.state)
        controller.tell(chosen.usage)
        for line in chosen.explanation.splitlines():
            controller.tell(f"  {line}")
        return
    offered = [one for one in COMMANDS.values() if one.is_offered(controller.state)]
    width = max(len(one.usage) for one in offered)
    for one in offered:
        controller.tell(f"{one.usage:<{width}}  {one.help}")
    controller.tell(f"{'//text':<{width}}  Say something that begins with a slash.")


@command(needs=REGISTRATION, takes_secret=True)
def reg(controller: Controller) -> None:
    """Register your nick, so that nobody else can use it.

    You are asked for a password twice; it is not shown and not kept.
    """
    if controller.state.connection.account:
        raise UsageError(f"You are logged in as {controller.state.connection.account} already.")
    controller.enrol()


@command(needs=REGISTRATION)
def verify(controller: Controller, code: str) -> None:
    """Complete a registration with the code that was mailed to you."""
    controller.do(intents.verify(controller.state, code))


@command(needs="sasl", takes_secret=True)
def auth(controller: Controller, name: str | None = None) -> None:
    """Log in, as yourself or as somebody else.

    You are asked for the password; it is not shown and only kept to log in again after a lost connection.
    """
    account = name or controller.state.nick

    def log_in(password: str) -> None:
        if password:
            controller.do(intents.log_in(controller.state, account, password))

    controller.warn_of_listeners()
    controller.ask(f"Password for {account} (Enter: leave it): ", log_in, is_secret=True)


@command(needs="sasl")
def unauth(controller: Controller) -> None:
    """Log out and stay as a guest under a similar name.

    The name belongs to the account, so you come back with another one, in the same rooms.
    """
    account = controller.state.connection.account
    if not account:
        raise UsageError("You are a guest already.")
    nick = intents.be_guest(controller.state)
    controller.tell(f"Logged out of {account}; coming back as {nick}.")
    controller.driver.link.drop("logging out.")


@command(works_offline=True)
def enter(controller: Controller, room: str | None = None) -> None:
    """Enter the room, or another one, and talk there."""
    name = room or next(iter(controller.state.options.rooms), "#general")
    join(controller, name)


@command()
def quit_(controller: Controller, reason: Rest | None = None) -> None:
    """Leave the room; /disconn ends the program."""
    part(controller, None, reason)


@command(needs=HISTORY)
def history(controller: Controller, what: Rest | None = None) -> None:
    """Show the past: the last page, a number of messages, or what was said between two times.

    /history            asks from when until when; Enter shows the last page
    /history 20         the last 20 messages
    /history 2h         the last two hours
    /history yesterday 10:00
    /history 2026-11-01 10:00 now
    """
    room = controller.room
    if what is None:
        _ask_times(controller, room)
    elif what.isdecimal():
        controller.do(intents.show_latest(controller.state, room, max(1, int(what))))
    else:
        _show_span(controller, room, what)


def _ask_times(controller: Controller, room: str) -> None:
    """Ask what was not said."""

    def since(first: str) -> None:
        if not first.strip():
            controller.do(intents.show_latest(controller.state, room, controller.state.options.page))
        elif first.strip().isdecimal():
            controller.do(intents.show_latest(controller.state, room, max(1, int(first))))
        else:
            read_span(first, _now(controller))
            controller.ask(
                "Until (Enter: now): ",
                lambda second: _show_span(controller, room, f"{first} {second or 'now'}"),
            )

    controller.ask("History from (a time like 2h or 2026-11-01 10:00; Enter: the last page): ", since)


def _show_span(controller: Controller, room: str, words: str) -> None:
    since, until = read_span(words, _now(controller))
    controller.do(intents.show_between(controller.state, room, from_datetime(since), from_datetime(until)))


def _now(controller: Controller) -> datetime:
    return controller.view.local(controller.driver.now())


@command(needs=SEARCH)
def search(controller: Controller, words: Rest) -> None:
    """Find what was said, wherever you may read.

    /search green tea       both words, in any case, also within longer ones
    /search "green tea"     the words as they stand
    /search tea from:anna in:#kitchen
    /search tea after:yesterday before:2h
    /search in:bob after:2026-11-01 10:00
    """
    controller.do(intents.search(controller.state, read_search(words, _now(controller))))


@command(works_offline=True)
def disconn(controller: Controller) -> None:
    """Disconnect and end the program."""
    controller.end()


@command(works_offline=True)
def join(controller: Controller, room: str, key: str | None = None) -> None:
    """Enter a room and talk there; of a room you are in, just talk there."""
    if not controller.state.is_room(room):
        room = f"#{room}"
    controller.go(room, key or "")


@command()
def part(controller: Controller, room: str | None = None, reason: Rest | None = None) -> None:
    """Leave a room."""
    name = room or controller.room
    known = controller.state.find_room(name)
    if known is not None and known.is_direct:
        controller.move_out(name)
    elif known is None or not known.is_joined:
        raise UsageError(f"You are not in {name}.")
    else:
        controller.do(intents.part(controller.state, name, reason or ""))


@command(works_offline=True)
def msg(controller: Controller, target: str, text: Rest | None = None) -> None:
    """Say something to one person or another room; without a text, talk there from now on."""
    if text:
        controller.do(intents.say(controller.state, target, text))
    else:
        controller.move(target)


@command(works_offline=True)
def me(controller: Controller, text: Rest) -> None:
    """Tell what you do: /me waves."""
    controller.do(intents.say(controller.state, controller.room, text, is_action=True))


@command()
def nick(controller: Controller, name: str) -> None:
    """Be called something else."""
    controller.do(intents.rename(controller.state, name))


@command()
def topic(controller: Controller, text: Rest | None = None) -> None:
    """Show what the room is about, or set it."""
    room = controller.room
    controller.do(
        intents.set_topic(controller.state, room, text) if text else intents.ask_topic(controller.state, room)
    )


@command()
def names(controller: Controller, room: str | None = None) -> None:
    """Show who is in the room."""
    controller.do(intents.ask_names(controller.state, room or controller.room))


@command()
def who(controller: Controller, mask: str | None = None) -> None:
    """Show who is in the room, in detail."""
    controller.do(intents.ask_who(controller.state, mask or controller.room))


@command()
def whois(controller: Controller, nick: str) -> None:
    """Show what is known about somebody."""
    controller.do(intents.ask_whois(controller.state, nick))


@command()
def invite(controller: Controller, nick: str, room: str | None = None) -> None:
    """Ask somebody into the room."""
    controller.do(intents.invite(controller.state, nick, room or controller.room))


@command()
def away(controller: Controller, reason: Rest | None = None) -> None:
    """Tell people that you are away, and why; without a reason, that you are back."""
    controller.do(intents.go_away(controller.state, reason or ""))


@command()
def list_(controller: Controller) -> None:
    """Show the rooms of the server."""
    controller.do(intents.ask_rooms(controller.state))


@command(works_offline=True)
def resend(controller: Controller, number: int | None = None) -> None:
    """Send a line again that was not stored; without a number all of them."""
    if not controller.state.failed:
        raise UsageError("Every line you sent was stored.")
    controller.do(intents.resend(controller.state, number))
