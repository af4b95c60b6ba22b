"""The actions that a user can request.

The state is changed only by these functions and by the handlers of received lines.
"""

from app.client.protocol import lag
from app.client.protocol.effects import Effects, Send
from app.client.protocol.events import Notice
from app.client.protocol.history import fetch, pages, unread
from app.client.protocol.history import search as searching
from app.client.protocol.lines import send
from app.client.protocol.login import registration, sasl
from app.client.protocol.login.capabilities import REGISTRATION
from app.client.protocol.membership import away, moderation
from app.client.protocol.messaging import references, typing_state
from app.client.protocol.model import ClientState, LoginCredentials
from app.client.protocol.sending import edits, send_queue
from app.wire.names import fold

# Prompts for registration requirements, keyed by token in the value of draft/account-registration.
REQUIREMENT_PROMPTS = {
    "invitation-required": "Invitation code",
    "email-required": "E-mail address for the verification code",
}

send_message = send_queue.send_message
send_lines_as_one = send_queue.send_lines_as_one
send_text = send_queue.send_text
reply = send_queue.reply
queued_messages = send_queue.queued_messages
resend = send_queue.resend
cancel = send_queue.cancel
react = references.react
unreact = references.unreact
redact = references.redact
edit = edits.edit
send_typing = typing_state.send_typing
measure_lag_at_intervals = lag.measure_at_intervals
show_latest = pages.show_latest
show_between = pages.show_between
fetch_latest = fetch.fetch_latest
fetch_before = fetch.fetch_before
fetch_after = fetch.fetch_after
fetch_around = fetch.fetch_around
history_reference = pages.reference
search = searching.send_search
mark_read = unread.mark_read
mark_read_to = unread.mark_read_to
mark_all_read = unread.mark_all_read
mark_read_at_intervals = unread.mark_read_at_intervals
request_away = away.request_away
change_mode = moderation.change_mode
change_roles = moderation.change_roles
kick = moderation.kick
ban = moderation.ban
unban = moderation.unban
request_bans = moderation.request_bans
continue_as_guest = registration.try_next_nick


def join(state: ClientState, room: str, key: str = "") -> Effects:
    """Join a room, and rejoin it after every reconnect until the user leaves it."""
    view = state.open_room(room)
    view.key = key or view.key
    view.must_rejoin = not state.is_online or view.must_rejoin
    yield send("JOIN", room, *([view.key] if view.key else []))


def part(state: ClientState, room: str, reason: str = "") -> Effects:
    """Leave a room."""
    view = state.open_room(room)
    view.must_rejoin, view.key = False, ""
    yield send("PART", room, *([reason] if reason else []))


def change_nick(state: ClientState, nick: str) -> Effects:
    """Change the nick on this connection, and request it on later ones."""
    state.options.nick, state.options.has_chosen_nick = nick, True
    yield send("NICK", nick)


def set_topic(state: ClientState, room: str, topic: str) -> Effects:
    """Set the topic of a room."""
    yield send("TOPIC", room, topic)


def request_topic(state: ClientState, room: str) -> Effects:
    """Request the topic of a room."""
    yield send("TOPIC", room)


def request_names(state: ClientState, room: str) -> Effects:
    """Request the members of a room."""
    state.connection.names_requests.add(fold(room))
    yield send("NAMES", room)


def request_who(state: ClientState, mask: str) -> Effects:
    """Request details of the members of a room, or of the users that match a mask."""
    yield send("WHO", mask)


def request_whois(state: ClientState, nick: str) -> Effects:
    """Request the details of a user."""
    yield send("WHOIS", nick)


def request_rooms(state: ClientState) -> Effects:
    """Request the list of rooms, to be shown."""
    state.connection.finds_rooms = False  # what arrives next is shown
    yield send("LIST")


def find_rooms(state: ClientState) -> Effects:
    """Request the list of rooms, to be offered, unless that has been requested."""
    if state.is_online and not state.connection.finds_rooms:
        state.connection.finds_rooms = True
        yield send("LIST")


def set_away(state: ClientState, reason: str) -> Effects:
    """Mark the user as away or, with an empty reason, as back."""
    yield send("AWAY", *([reason] if reason else []))


def invite(state: ClientState, nick: str, room: str) -> Effects:
    """Invite a user to a room."""
    yield send("INVITE", nick, room)


def send_notice(state: ClientState, target: str, text: str) -> Effects:
    """Send a notice, which programs do not answer."""
    yield send("NOTICE", target, text)


def enable_always_on(state: ClientState) -> Effects:
    """Ask our own kind of server to keep the account in its rooms without a connected client."""
    yield send("PRIVMSG", "NickServ", "SET ALWAYS-ON on")


def send_raw(state: ClientState, line: str) -> Effects:
    """Send a line to the server as it is, without line breaks."""
    yield Send(" ".join(line.splitlines()).replace("\0", ""))


def get_requirement_prompt(state: ClientState) -> str:
    """Return the prompt for an invitation code or e-mail address, or "" if neither is required."""
    tokens = state.connection.offered.get(REGISTRATION, "").split(",")
    return next((prompt for token, prompt in REQUIREMENT_PROMPTS.items() if token in tokens), "")


def register(state: ClientState, password: str, proof: str = "*") -> Effects:
    """Register an account for the current nick; `proof` is an invitation code or e-mail address."""
    state.connection.new_password = password
    yield send("REGISTER", "*", proof, password)


def verify(state: ClientState, code: str) -> Effects:
    """Complete the registration of the current nick with the code from the e-mail."""
    yield send("VERIFY", state.nick, code)


def log_in(state: ClientState, account: str, password: str) -> Effects:
    """Log in to an account on this connection and on later ones, with its name as the nick."""
    state.options.credentials = LoginCredentials(account, password)
    state.options.nick, state.options.has_chosen_nick = account, True
    if not state.has("sasl"):
        if state.is_online:
            yield Notice("This server does not support logging in.", is_error=True)
        return
    yield from sasl.begin(state)


def become_guest(state: ClientState) -> str:
    """Discard the credentials, and return the guest nick for the next connection."""
    state.options.credentials = None
    state.options.nick, state.options.has_chosen_nick = f"{state.nick}_", True
    return state.options.nick


def quit_(state: ClientState, reason: str) -> Effects:
    """Disconnect from the server; other users see the reason."""
    yield send("QUIT", reason)
