"""Users typing in each room and conversation (https://ircv3.net/specs/client-tags/typing)."""

from app.client.protocol.events import ClientEvent, Kicked, Message, Parted, Quit, Typing, TypingState
from app.wire.names import Key, fold

ACTIVE_SECONDS = 6.0  # a notification expires
MAX_NAMED = 2  # nicks; further ones are counted
MAX_TYPING = 100  # per room; further users are left out


class TypingUsers:
    """The users typing in each room, until their notifications expire; times are monotonic."""

    def __init__(self) -> None:
        self._until: dict[Key, dict[str, float]] = {}  # room to nick

    def apply(self, event: ClientEvent, now: float) -> None:
        """Update from an event: a message or a departure ends the typing."""
        match event:
            case Typing(state=TypingState.ACTIVE):
                users = self._until.setdefault(fold(event.room), {})
                if event.nick in users or len(users) < MAX_TYPING:
                    users[event.nick] = now + ACTIVE_SECONDS
            case Typing() | Parted() | Kicked():
                self._remove(event.room, event.nick)
            case Message():
                self._remove(event.room, event.author)
            case Quit():
                for room in event.rooms:
                    self._remove(room, event.nick)

    def _remove(self, room: str, nick: str) -> None:
        self._until.get(fold(room), {}).pop(nick, None)

    def nicks(self, room: str, now: float) -> list[str]:
        """Return the nicks typing in a room, in the order in which they began."""
        users = self._until.get(fold(room), {})
        for nick in [nick for nick, until in users.items() if until <= now]:
            del users[nick]
        return list(users)


def describe_typing(nicks: list[str]) -> str:
    """Return a phrase such as `bob is typing …`, or ""."""
    if not nicks:
        return ""
    if len(nicks) == 1:
        return f"{nicks[0]} is typing …"
    named, others = nicks[:MAX_NAMED], len(nicks) - MAX_NAMED
    if others <= 0:
        return f"{' and '.join(named)} are typing …"
    return f"{', '.join(named)} and {others} more are typing …"
