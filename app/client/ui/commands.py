"""The slash commands. `/help` and completion are derived from this file."""

from datetime import datetime

from app.client.protocol import intents
from app.client.protocol.history import CAPABILITY as HISTORY
from app.client.protocol.registration import REGISTRATION
from app.client.protocol.search import CAPABILITY as SEARCH
from app.client.protocol.search import read_search
from app.client.protocol.times import read_span
from app.client.ui.command_registry import COMMANDS, Rest, command, find
from app.client.ui.controller import Talk
from app.clock import from_datetime
from app.errors import UsageError


@command(works_offline=True)
def help_(talk: Talk, name: str | None = None) -> None:
    """Show the commands, or explain one of them."""
    if name:
        chosen = find(name.removeprefix("/"), talk.state)
        talk.tell(chosen.usage)
        for line in chosen.explanation.splitlines():
            talk.tell(f"  {line}")
        return
    offered = [one for one in COMMANDS.values() if one.is_offered(talk.state)]
    width = max(len(one.usage) for one in offered)
    for one in offered:
        talk.tell(f"{one.usage:<{width}}  {one.help}")
    talk.tell(f"{'//text':<{width}}  Say something that begins with a slash.")


@command(needs=REGISTRATION, takes_secret=True)
def reg(talk: Talk) -> None:
    """Register your nick, so that nobody else can use it.

    You are asked for a password twice; it is not shown and not kept.
    """
    if talk.state.connection.account:
        raise UsageError(f"You are logged in as {talk.state.connection.account} already.")
    talk.enrol()


@command(needs=REGISTRATION)
def verify(talk: Talk, code: str) -> None:
    """Complete a registration with the code that was mailed to you."""
    talk.do(intents.verify(talk.state, code))


@command(needs="sasl", takes_secret=True)
def auth(talk: Talk, name: str | None = None) -> None:
    """Log in, as yourself or as somebody else.

    You are asked for the password; it is not shown and only kept to log in again after a lost connection.
    """
    account = name or talk.state.nick

    def log_in(password: str) -> None:
        if password:
            talk.do(intents.log_in(talk.state, account, password))

    talk.warn_of_listeners()
    talk.ask(f"Password for {account} (Enter: leave it): ", log_in, is_secret=True)


@command(needs="sasl")
def unauth(talk: Talk) -> None:
    """Log out and stay as a guest under a similar name.

    The name belongs to the account, so you come back with another one, in the same rooms.
    """
    account = talk.state.connection.account
    if not account:
        raise UsageError("You are a guest already.")
    nick = intents.be_guest(talk.state)
    talk.tell(f"Logged out of {account}; coming back as {nick}.")
    talk.driver.link.drop("logging out.")


@command(works_offline=True)
def enter(talk: Talk, room: str | None = None) -> None:
    """Enter the room, or another one, and talk there."""
    name = room or next(iter(talk.state.wishes.rooms), "#general")
    join(talk, name)


@command()
def quit_(talk: Talk, reason: Rest | None = None) -> None:
    """Leave the room; /disconn ends the program."""
    part(talk, None, reason)


@command(needs=HISTORY)
def history(talk: Talk, what: Rest | None = None) -> None:
    """Show the past: the last page, a number of messages, or what was said between two times.

    /history            asks from when until when; Enter shows the last page
    /history 20         the last 20 messages
    /history 2h         the last two hours
    /history yesterday 10:00
    /history 2026-11-01 10:00 now
    """
    room = talk.room
    if what is None:
        _ask_times(talk, room)
    elif what.isdecimal():
        talk.do(intents.show_latest(talk.state, room, max(1, int(what))))
    else:
        _show_span(talk, room, what)


def _ask_times(talk: Talk, room: str) -> None:
    """Ask what was not said."""

    def since(first: str) -> None:
        if not first.strip():
            talk.do(intents.show_latest(talk.state, room, talk.state.wishes.page))
        elif first.strip().isdecimal():
            talk.do(intents.show_latest(talk.state, room, max(1, int(first))))
        else:
            read_span(first, _now(talk))
            talk.ask(
                "Until (Enter: now): ", lambda second: _show_span(talk, room, f"{first} {second or 'now'}")
            )

    talk.ask("History from (a time like 2h or 2026-11-01 10:00; Enter: the last page): ", since)


def _show_span(talk: Talk, room: str, words: str) -> None:
    since, until = read_span(words, _now(talk))
    talk.do(intents.show_between(talk.state, room, from_datetime(since), from_datetime(until)))


def _now(talk: Talk) -> datetime:
    return talk.view.local(talk.driver.now())


@command(needs=SEARCH)
def search(talk: Talk, words: Rest) -> None:
    """Find what was said, wherever you may read.

    /search green tea       both words, in any case, also within longer ones
    /search "green tea"     the words as they stand
    /search tea from:anna in:#kitchen
    /search tea after:yesterday before:2h
    /search in:bob after:2026-11-01 10:00
    """
    talk.do(intents.search(talk.state, read_search(words, _now(talk))))


@command(works_offline=True)
def disconn(talk: Talk) -> None:
    """Disconnect and end the program."""
    talk.end()


@command(works_offline=True)
def join(talk: Talk, room: str, key: str | None = None) -> None:
    """Enter a room and talk there; of a room you are in, just talk there."""
    if not talk.state.is_room(room):
        room = f"#{room}"
    talk.go(room, key or "")


@command()
def part(talk: Talk, room: str | None = None, reason: Rest | None = None) -> None:
    """Leave a room."""
    name = room or talk.room
    known = talk.state.find_room(name)
    if known is not None and known.is_direct:
        talk.move_out(name)
    elif known is None or not known.is_joined:
        raise UsageError(f"You are not in {name}.")
    else:
        talk.do(intents.part(talk.state, name, reason or ""))


@command(works_offline=True)
def msg(talk: Talk, target: str, text: Rest | None = None) -> None:
    """Say something to one person or another room; without a text, talk there from now on."""
    if text:
        talk.do(intents.say(talk.state, target, text))
    else:
        talk.move(target)


@command(works_offline=True)
def me(talk: Talk, text: Rest) -> None:
    """Tell what you do: /me waves."""
    talk.do(intents.say(talk.state, talk.room, text, is_action=True))


@command()
def nick(talk: Talk, name: str) -> None:
    """Be called something else."""
    talk.do(intents.rename(talk.state, name))


@command()
def topic(talk: Talk, text: Rest | None = None) -> None:
    """Show what the room is about, or set it."""
    room = talk.room
    talk.do(intents.set_topic(talk.state, room, text) if text else intents.ask_topic(talk.state, room))


@command()
def names(talk: Talk, room: str | None = None) -> None:
    """Show who is in the room."""
    talk.do(intents.ask_names(talk.state, room or talk.room))


@command()
def who(talk: Talk, mask: str | None = None) -> None:
    """Show who is in the room, in detail."""
    talk.do(intents.ask_who(talk.state, mask or talk.room))


@command()
def whois(talk: Talk, nick: str) -> None:
    """Show what is known about somebody."""
    talk.do(intents.ask_whois(talk.state, nick))


@command()
def invite(talk: Talk, nick: str, room: str | None = None) -> None:
    """Ask somebody into the room."""
    talk.do(intents.invite(talk.state, nick, room or talk.room))


@command()
def away(talk: Talk, reason: Rest | None = None) -> None:
    """Tell people that you are away, and why; without a reason, that you are back."""
    talk.do(intents.go_away(talk.state, reason or ""))


@command()
def list_(talk: Talk) -> None:
    """Show the rooms of the server."""
    talk.do(intents.ask_rooms(talk.state))


@command(works_offline=True)
def resend(talk: Talk, number: int | None = None) -> None:
    """Send a line again that was not stored; without a number all of them."""
    if not talk.state.failed:
        raise UsageError("Every line you sent was stored.")
    talk.do(intents.resend(talk.state, number))
