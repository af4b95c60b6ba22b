"""What a user can want, as effects: the other half of the protocol, beside what the server says."""

from app.client.protocol import history, pending, registration, sasl
from app.client.protocol import search as searching
from app.client.protocol.dispatch import send
from app.client.protocol.effects import Effects
from app.client.protocol.events import Notice
from app.client.protocol.model import ClientState, LoginCredentials
from app.client.protocol.registration import REGISTRATION
from app.wire.names import fold

WANTED_BY = {
    "invitation-required": "Code of your invitation",
    "email-required": "E-mail address, to which a code is sent",
}

say = pending.say
keep = pending.keep
resend = pending.resend
show_latest = history.show_latest
show_between = history.show_between
search = searching.ask
go_as_guest = registration.try_next_nick


def join(state: ClientState, room: str, key: str = "") -> Effects:
    """Enter a room; it is entered again after every reconnect until it is left."""
    known = state.open_room(room)
    known.entry_key = key or known.entry_key
    known.is_wanted = not state.is_online or known.is_wanted
    yield send("JOIN", room, *([known.entry_key] if known.entry_key else []))


def part(state: ClientState, room: str, reason: str = "") -> Effects:
    """Leave a room."""
    known = state.open_room(room)
    known.is_wanted, known.entry_key = False, ""
    yield send("PART", room, *([reason] if reason else []))


def rename(state: ClientState, nick: str) -> Effects:
    """Be called something else, also after a reconnect."""
    state.options.nick, state.options.is_named = nick, True
    yield send("NICK", nick)


def set_topic(state: ClientState, room: str, topic: str) -> Effects:
    """Say what a room is about."""
    yield send("TOPIC", room, topic)


def ask_topic(state: ClientState, room: str) -> Effects:
    """Ask what a room is about."""
    yield send("TOPIC", room)


def ask_names(state: ClientState, room: str) -> Effects:
    """Ask who is in a room, by name."""
    state.connection.asked_names.add(fold(room))
    yield send("NAMES", room)


def ask_who(state: ClientState, mask: str) -> Effects:
    """Ask who is in a room, or who a mask fits, in detail."""
    yield send("WHO", mask)


def ask_whois(state: ClientState, nick: str) -> Effects:
    """Ask everything about one person."""
    yield send("WHOIS", nick)


def ask_rooms(state: ClientState) -> Effects:
    """Ask which rooms there are."""
    yield send("LIST")


def go_away(state: ClientState, reason: str) -> Effects:
    """Tell people that we are away, or with an empty reason that we are back."""
    yield send("AWAY", *([reason] if reason else []))


def invite(state: ClientState, nick: str, room: str) -> Effects:
    """Ask somebody into a room."""
    yield send("INVITE", nick, room)


def wanted_for_an_account(state: ClientState) -> str:
    """Name what the server wants to see before it makes an account; empty if nothing."""
    tokens = state.connection.offered.get(REGISTRATION, "").split(",")
    return next((WANTED_BY[token] for token in WANTED_BY if token in tokens), "")


def register(state: ClientState, password: str, shown: str = "*") -> Effects:
    """Make an account of our nick; what is shown for it is an invitation, or an e-mail address."""
    state.connection.new_password = password
    yield send("REGISTER", "*", shown, password)


def verify(state: ClientState, code: str) -> Effects:
    """Complete the registration of our nick with the code that was mailed."""
    yield send("VERIFY", state.nick, code)


def log_in(state: ClientState, account: str, password: str) -> Effects:
    """Log in as an account and take its name; also on every reconnect from now on."""
    state.options.credentials = LoginCredentials(account, password)
    state.options.nick, state.options.is_named = account, True
    if not state.has("sasl"):
        if state.is_online:
            yield Notice("This server has no log-in.", is_error=True)
        return
    yield from sasl.begin(state)


def be_guest(state: ClientState) -> str:
    """Forget account and password; return the nick to come back with: the old one is the account's."""
    state.options.credentials = None
    state.options.nick, state.options.is_named = f"{state.nick}_", True
    return state.options.nick


def leave(state: ClientState, reason: str) -> Effects:
    """Say goodbye to the server."""
    yield send("QUIT", reason)
