"""Checks of what the clients of a simulation receive."""

from collections.abc import Iterable

from app.wire.line import Line
from tests.engine.simulation.client import SimulatedClient
from tests.engine.simulation.reference import Reference, find_shown

NAMES_REPLY = "353"
TYPING = "+typing"
PREFIXES = "@+"
WORLD_REPLIES = {NAMES_REPLY, "311", "319"}  # and to WHOIS: who is where


class Observation:
    """What clients receive in a cycle of their node, which reads the log up to a position."""

    def __init__(self, reference: Reference, first: int, last: int) -> None:
        self._reference = reference
        self._first = first
        self._last = last

    def check(self, client: SimulatedClient, lines: Iterable[Line]) -> None:
        """Check that everything is stored, and comes in the order of the log and only once."""
        for line in lines:
            if line.command == NAMES_REPLY:
                self._check_names(client, line)
            elif TYPING in line.tags:
                self._check_typing(client, line)
            else:
                self._check_event(client, line)

    def _check_event(self, client: SimulatedClient, line: Line) -> None:
        shown = find_shown(line)
        if shown is None:
            return
        expected = self._reference.expected[client.session or 0]
        number = client.find_next(shown, expected)
        assert number < len(expected), f"{client.nick} received {shown}, which is not in the log"
        assert shown == expected[number], f"{client.nick} received {shown} instead of {expected[number]}"
        client.shown.append(shown)

    def _check_names(self, client: SimulatedClient, line: Line) -> None:
        """Check that the members in a reply have been stored."""
        _, _, room, names = line.params
        for name in names.split():
            nick = name.lstrip(PREFIXES)
            assert nick in self._reference.names[room], f"{client.nick} was told that {nick} is in {room}"

    def _check_typing(self, client: SimulatedClient, line: Line) -> None:
        """Check that it comes once, after the author has joined, and to members only."""
        number, room = line.tags[TYPING], line.params[0]
        assert number not in client.typing, f"{client.nick} received the typing notification {number} twice"
        client.typing.add(number)
        author = (line.source or "").partition("!")[0]
        joined = self._reference.names[room].get(author)
        is_known = joined is not None and joined <= self._last
        assert is_known, (
            f"{client.nick} was told that {author} types in {room}, but not that {author} is there"
        )
        is_member = self._reference.was_member(client.session or 0, room, self._first, self._last)
        assert is_member, f"{client.nick} is not in {room}, but was told that {author} types there"


def require_nothing_stored(lines: Iterable[Line]) -> None:
    """Check that a node that has been removed tells nothing about the chat."""
    shown = [line for line in lines if line.command in WORLD_REPLIES or find_shown(line) is not None]
    assert not shown, f"{shown} by a node that has been removed"


def require_no_events(lines: Iterable[Line]) -> None:
    """Check that a node that has shown lost events shows no others."""
    events = [shown for line in lines if (shown := find_shown(line)) is not None]
    assert not events, f"{events} by a node that has shown events that are lost"


def require_reason(client: SimulatedClient, reason: str) -> None:
    """Check that a client was disconnected for a reason."""
    if client.session is not None and client.last_line is not None:
        assert not client.is_open, f"{client.nick} is still connected to a node that was lost"
        last = client.last_line
        was_leaving = last.params[-1] == "Quit" or " Killed " in last.params[-1]
        is_told = was_leaving or last.params[-1] == f"Closing link: {reason}"
        assert last.command == "ERROR", f"{client.nick} received {last}, not an ERROR"
        assert is_told, f"{client.nick} received {last}, not {reason}"
