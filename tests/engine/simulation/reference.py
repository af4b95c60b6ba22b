"""What each session must receive, derived from the log alone.

That is a second, much simpler implementation of the rules of IRC. It also finds contradictions in
the log: names that two users have at once, messages of users that are gone, and the like.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.events import Event, msgid
from app.events.data import (
    AttachedData,
    ConnectedData,
    DetachedData,
    InvitedData,
    KickedData,
    KilledData,
    RenamedData,
)
from app.wire.line import Line
from app.wire.names import fold

VISIBLE = {"PRIVMSG", "NOTICE", "JOIN", "PART", "NICK", "QUIT", "TOPIC", "KICK", "INVITE"}
FOREVER = 1 << 62  # as the end of a membership


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line of which the order and number matter. The id is known for some kinds only."""

    id: str | None
    nick: str
    words: tuple[str, ...]


@dataclass(slots=True)
class Stay:
    """A session that is online."""

    nick: str
    account: str | None
    nodes: set[str]
    rooms: set[int] = field(default_factory=set)

    @property
    def is_always_on(self) -> bool:
        """Whether the session stays without a device: the nick is the name of the account."""
        return self.account is not None and fold(self.nick) == fold(self.account)


def find_shown(line: Line) -> ShownLine | None:
    """Return what a line shows if it stands for an event of a user, except a message to oneself."""
    if line.command not in VISIBLE or (line.command == "JOIN" and "msgid" not in line.tags):
        return None  # such a JOIN is for a device that enters the rooms of its user
    nick, is_user, _ = (line.source or "").partition("!")
    if not is_user or line.params[0] == nick:
        return None
    return ShownLine(line.tags.get("msgid"), nick, (line.command, *line.params))


class Reference:
    """The state of the chat after a position of the log, and what sessions have seen since."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.sessions: dict[int, Stay] = {}
        self.rooms: dict[int, str] = {}
        self.expected: dict[int, list[ShownLine]] = defaultdict(list)  # by session
        self.live_nodes: dict[str, int] = {}  # with the position of their start
        self.names: dict[str, dict[str, int]] = defaultdict(dict)  # by room: nicks, since which position
        self._periods: dict[tuple[int, str], list[tuple[int, int]]] = defaultdict(list)  # of memberships
        self._killed_sessions: set[int] = set()
        self._gone: set[int] = set()
        self._said: set[str | None] = set()  # the texts of messages, each of which was sent once

    def apply(self, event: Event) -> None:
        """Apply the next event of the log."""
        assert event.id == self.position + 1, "the log is contiguous"
        self.position = event.id
        handler = getattr(self, f"_{event.kind.name.lower()}", None)
        if handler is not None:
            handler(event)

    def was_member(self, session: int, room: str, first: int, last: int) -> bool:
        """Whether a session was in a room at some position between two."""
        return any(start <= last and first <= end for start, end in self._periods[session, room])

    def _enter(self, session: int, room: int) -> None:
        stay, name = self.sessions[session], self.rooms[room]
        stay.rooms.add(room)
        self.names[name].setdefault(stay.nick, self.position)
        self._periods[session, name].append((self.position, FOREVER))

    def _exit(self, session: int, room: int) -> None:
        self.sessions[session].rooms.remove(room)
        periods = self._periods[session, self.rooms[room]]
        periods[-1] = (periods[-1][0], self.position)

    def _stay(self, event: Event) -> Stay:
        assert event.session in self.sessions, f"{event} by a session that is not online"
        stay = self.sessions[event.session]
        assert event.nick == stay.nick, f"{event} by a session that is named {stay.nick}"
        return stay

    def _require_free(self, nick: str, event: Event) -> None:
        assert self._named(nick) <= {event.session}, f"{event} takes a nick that is in use"

    def _named(self, nick: str) -> set[int]:
        return {key for key, stay in self.sessions.items() if fold(stay.nick) == fold(nick)}

    def _neighbours(self, stay: Stay) -> set[int]:
        return {key for key, other in self.sessions.items() if other is stay or other.rooms & stay.rooms}

    def _members(self, room: int) -> set[int]:
        return {key for key, stay in self.sessions.items() if room in stay.rooms}

    def _show(self, event: Event, sessions: Iterable[int], *words: str, has_id: bool = True) -> None:
        shown = ShownLine(msgid(event.id) if has_id else None, event.nick, words)
        for session in sessions:
            self.expected[session].append(shown)

    def _connected(self, event: Event) -> None:
        self._require_free(event.nick, event)
        assert event.session is not None
        self.sessions[event.session] = Stay(event.nick, event.account, {ConnectedData.of(event).node})

    def _attached(self, event: Event) -> None:
        self._stay(event).nodes.add(AttachedData.of(event).node or "")

    def _detached(self, event: Event) -> None:
        self._stay(event).nodes.remove(DetachedData.of(event).node or "")

    def _quit(self, event: Event) -> None:
        """End a session; further rows of the same end are for its other rooms."""
        if event.session in self._gone:
            return
        stay = self._stay(event)
        assert event.session is not None
        is_killed = event.session in self._killed_sessions
        assert is_killed or not stay.is_always_on, f"{event} of a user who is always on"
        others = self._neighbours(stay) - {event.session}
        self._show(event, others, "QUIT", event.text or "", has_id=False)
        for room in list(stay.rooms):
            self._exit(event.session, room)
        del self.sessions[event.session]
        self._gone.add(event.session)

    def _killed(self, event: Event) -> None:
        self._killed_sessions.add(KilledData.of(event).session)

    def _invited(self, event: Event) -> None:
        self._stay(event)
        data = InvitedData.of(event)
        self._show(event, [data.session], "INVITE", event.target or "", data.room or "", has_id=False)

    def _nick(self, event: Event) -> None:
        assert event.session is not None
        stay, nick = self.sessions[event.session], event.target or ""
        if stay.nick == nick:
            return  # another row of the same change, for another room
        self._stay(event)
        self._require_free(nick, event)
        self._show(event, self._neighbours(stay), "NICK", nick, has_id=False)
        stay.nick = nick
        for room in stay.rooms:
            self.names[self.rooms[room]].setdefault(nick, self.position)

    def _created(self, event: Event) -> None:
        assert event.room is not None
        name = event.target or ""
        assert fold(name) not in map(fold, self.rooms.values()), f"{event} takes a name that is in use"
        self.rooms[event.room] = name

    def _deleted(self, event: Event) -> None:
        assert event.room is not None
        for session in self._members(event.room):
            self._exit(session, event.room)
        del self.rooms[event.room]

    def _renamed(self, event: Event) -> None:
        assert event.room is not None
        self.rooms[event.room] = RenamedData.of(event).to

    def _joined(self, event: Event) -> None:
        stay = self._stay(event)
        assert event.room in self.rooms, f"{event} in a room that does not exist"
        assert event.room not in stay.rooms, f"{event} by a member"
        self._enter(event.session or 0, event.room)
        self._show(event, self._members(event.room), "JOIN", self.rooms[event.room])

    def _require_member(self, event: Event, session: int | None) -> str:
        assert event.room is not None
        assert session in self._members(event.room), f"{event} of a user that is not a member"
        return self.rooms[event.room]

    def _parted(self, event: Event) -> None:
        self._stay(event)
        room = self._require_member(event, event.session)
        reason = (event.text,) if event.text else ()
        assert event.room is not None
        self._show(event, self._members(event.room), "PART", room, *reason)
        self._exit(event.session or 0, event.room)

    def _kicked(self, event: Event) -> None:
        session = KickedData.of(event).session
        room = self._require_member(event, session)
        assert event.room is not None
        self._show(event, self._members(event.room), "KICK", room, event.target or "", event.text or "")
        self._exit(session, event.room)

    def _topic(self, event: Event) -> None:
        assert event.room in self.rooms, f"{event} of a room that does not exist"
        self._show(event, self._members(event.room), "TOPIC", self.rooms[event.room], event.text or "")

    def _privmsg(self, event: Event) -> None:
        self._stay(event)
        assert event.text not in self._said, f"{event} is stored twice"
        self._said.add(event.text)
        if event.room is None:
            recipients = self._named(event.target or "") | {event.session or 0}
            if event.target == event.nick:
                return
        else:
            assert event.room in self.rooms, f"{event} in a room that does not exist"
            recipients = self._members(event.room)
            assert event.session in recipients, f"{event} by a user that is not a member"
        self._show(event, recipients, "PRIVMSG", event.target or "", event.text or "")

    def _node_started(self, event: Event) -> None:
        self.live_nodes[event.target or ""] = event.id

    def _node_ended(self, event: Event) -> None:
        self.live_nodes.pop(event.target or "", None)
