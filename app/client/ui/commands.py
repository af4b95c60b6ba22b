"""The slash commands, from which `/help` and completion are derived."""

from datetime import datetime

from app.client.protocol import intents
from app.client.protocol.history import CAPABILITY as HISTORY
from app.client.protocol.registration import REGISTRATION
from app.client.protocol.search import CAPABILITY as SEARCH
from app.client.protocol.search import parse_search
from app.client.protocol.times import parse_span
from app.client.ui.command_registry import Rest, SlashCommands, command
from app.client.ui.controller import Controller
from app.clock import from_datetime
from app.errors import UsageError


@command(works_offline=True)
def help_(controller: Controller, command: str | None = None) -> None:
    """List all commands, or show the help for one."""
    if command:
        found = SLASH_COMMANDS.get(command.removeprefix("/"), controller.state)
        controller.notify(found.usage)
        for line in found.help.splitlines():
            controller.notify(f"  {line}")
        return
    available = [entry for entry in SLASH_COMMANDS if entry.is_available(controller.state)]
    rows = [(entry.usage, entry.summary) for entry in available]
    rows.append(("//TEXT ...", "Send a message that begins with a slash."))
    width = max(len(usage) for usage, _ in rows)
    for usage, summary in rows:
        controller.notify(f"{usage:<{width}}  {summary}")


@command(needs=REGISTRATION, takes_secret=True)
def reg(controller: Controller) -> None:
    """Register your nick so that nobody else can use it.

    Prompts for a password, twice. The password is neither shown nor stored.
    """
    if controller.state.connection.account:
        raise UsageError(f"You are already logged in as {controller.state.connection.account}.")
    controller.register()


@command(needs=REGISTRATION)
def verify(controller: Controller, code: str) -> None:
    """Complete your registration with the code sent to you by e-mail."""
    controller.driver.execute(intents.verify, code)


@command(needs="sasl", takes_secret=True)
def auth(controller: Controller, name: str | None = None) -> None:
    """Log in to the account of your nick, or to another one.

    Prompts for the password, which is not shown. It is kept in memory to log in after a reconnect.
    """
    account = name or controller.state.nick

    def log_in(password: str) -> None:
        if password:
            controller.driver.execute(intents.log_in, account, password)

    controller.warn_if_unencrypted()
    controller.ask(f"Password for {account} (press Enter to cancel): ", log_in, is_secret=True)


@command(needs="sasl")
def unauth(controller: Controller) -> None:
    """Log out and continue as a guest under a similar nick.

    Your nick belongs to the account, so you reconnect with a different one and rejoin your rooms.
    """
    account = controller.state.connection.account
    if not account:
        raise UsageError("You are not logged in.")
    nick = intents.become_guest(controller.state)
    controller.notify(f"Logged out of {account}. Reconnecting as {nick}.")
    controller.driver.link.drop("You logged out.")


@command(works_offline=True)
def enter(controller: Controller, room: str | None = None) -> None:
    """Join a room and make it current. Default: the room in your settings."""
    _enter(controller, room or next(iter(controller.state.options.rooms), "#general"))


@command()
def quit_(controller: Controller, reason: Rest | None = None) -> None:
    """Leave the current room. To end the program, use /disconn."""
    _leave(controller, controller.room, reason)


@command(needs=HISTORY)
def history(controller: Controller, when: Rest | None = None) -> None:
    """Show earlier messages: the latest ones, or those of a period.

    /history                          prompts for the period
    /history 20                       the last 20 messages
    /history 2h                       the last two hours
    /history yesterday 10:00          since then
    /history 2026-11-01 10:00 now     between two times
    """
    room = controller.room
    if when is None:
        _ask_period(controller, room)
    elif when.isdecimal():
        controller.driver.execute(intents.show_latest, room, max(1, int(when)))
    else:
        _show_period(controller, room, when)


def _ask_period(controller: Controller, room: str) -> None:
    def on_start(start: str) -> None:
        if not start.strip():
            controller.driver.execute(intents.show_latest, room, controller.state.options.page_size)
        elif start.strip().isdecimal():
            controller.driver.execute(intents.show_latest, room, max(1, int(start)))
        else:
            parse_span(start, _local_now(controller))
            controller.ask(
                "Until (Enter = now): ",
                lambda end: _show_period(controller, room, f"{start} {end or 'now'}"),
            )

    controller.ask(
        "History since (a time such as 2h or 2026-11-01 10:00; press Enter for the latest): ", on_start
    )


def _show_period(controller: Controller, room: str, text: str) -> None:
    start, end = parse_span(text, _local_now(controller))
    controller.driver.execute(intents.show_between, room, from_datetime(start), from_datetime(end))


def _local_now(controller: Controller) -> datetime:
    return controller.view.to_local(controller.driver.clock.now())


@command(needs=SEARCH)
def search(controller: Controller, query: Rest) -> None:
    """Search the messages you may read.

    /search green tea                       both words, in any case and inside longer words
    /search "green tea"                     the exact phrase
    /search tea from:anna in:#kitchen       by sender and room
    /search tea after:yesterday before:2h   by time
    /search in:bob after:2026-11-01 10:00   in the conversation with bob
    """
    controller.driver.execute(intents.search, parse_search(query, _local_now(controller)))


@command(works_offline=True)
def disconn(controller: Controller) -> None:
    """Disconnect and end the program."""
    controller.end()


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


@command(works_offline=True)
def msg(controller: Controller, target: str, text: Rest | None = None) -> None:
    """Send a message to a user or room. Without a text, make the user or room current."""
    if text:
        controller.driver.execute(intents.send_message, target, text)
    else:
        controller.switch_to(target)


@command(works_offline=True)
def me(controller: Controller, text: Rest) -> None:
    """Send an action: "/me waves" shows as "* anna waves"."""
    controller.driver.execute(intents.send_message, controller.room, text, is_action=True)


@command()
def nick(controller: Controller, nick: str) -> None:
    """Change your nick."""
    controller.driver.execute(intents.change_nick, nick)


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
def who(controller: Controller, mask: str | None = None) -> None:
    """List the members of a room, or the users that match a mask, in detail."""
    controller.driver.execute(intents.request_who, mask or controller.room)


@command()
def whois(controller: Controller, nick: str) -> None:
    """Show details of a user."""
    controller.driver.execute(intents.request_whois, nick)


@command()
def invite(controller: Controller, nick: str, room: str | None = None) -> None:
    """Invite a user to a room. Default: the current room."""
    controller.driver.execute(intents.invite, nick, room or controller.room)


@command()
def away(controller: Controller, reason: Rest | None = None) -> None:
    """Mark yourself as away with a reason or, without one, as back."""
    controller.driver.execute(intents.set_away, reason or "")


@command()
def list_(controller: Controller) -> None:
    """List the rooms on the server."""
    controller.driver.execute(intents.request_rooms)


@command(works_offline=True)
def resend(controller: Controller, number: int | None = None) -> None:
    """Resend the unsent message with this number. Default: all unsent messages."""
    if not controller.state.failed:
        raise UsageError("There are no unsent messages.")
    controller.driver.execute(intents.resend, number)


SLASH_COMMANDS = SlashCommands(
    help_,
    reg,
    verify,
    auth,
    unauth,
    enter,
    quit_,
    history,
    search,
    disconn,
    join,
    part,
    msg,
    me,
    nick,
    topic,
    names,
    who,
    whois,
    invite,
    away,
    list_,
    resend,
)
