"""People on the nodes of a cluster, who move to another node when theirs ends."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import Event, Thread
from typing import Protocol

from app.wire.line import Line, parse
from tests.process.socket_client import ConnectionEnded, SocketClient

CAPS = ("message-tags", "server-time", "batch", "echo-message", "draft/chathistory")
ROOM = "#general"
LAST_TEXT = "the last message"
PAGE = 100  # messages
PACE_SECONDS = 0.02  # between two messages of a writer
RETRY_SECONDS = 0.1  # until the next attempt to connect


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message in the room: its msgid, the nick of its author, and its text."""

    msgid: str
    nick: str
    text: str

    @property
    def position(self) -> int:
        """The position in the log."""
        return int(self.msgid, 36)


@dataclass(slots=True)
class ConnectionView:
    """What one connection was shown, in order."""

    node: str
    nick: str
    live: list[ShownMessage] = field(default_factory=list)
    joins: list[str] = field(default_factory=list)  # nicks
    quits: list[str] = field(default_factory=list)  # nicks
    errors: list[str] = field(default_factory=list)  # with which the server closed the connection


@dataclass(frozen=True, slots=True)
class Echo:
    """How long a writer waited until a message was shown, in monotonic seconds."""

    node: str
    sent_at: float
    shown_at: float


def message_of(line: Line) -> ShownMessage:
    """Return the message in a line."""
    return ShownMessage(line.tags["msgid"], (line.source or "").partition("!")[0], line.params[1])


class Entrance(Protocol):
    """A server, or a load balancer in front of several."""

    name: str

    def connect(self, nick: str, *caps: str) -> SocketClient:
        """Open a connection, and register.

        Raises: OSError or ConnectionEnded when no server answers.
        """


class RoamingPerson(Thread):
    """A client in the room on one node at a time, which resumes where it was on another."""

    def __init__(self, name: str, entrances: Sequence[Entrance]) -> None:
        super().__init__(name=name, daemon=True)
        self.views: list[ConnectionView] = []
        self.messages: list[ShownMessage] = []  # of all connections and of the history between them
        self.failure: BaseException | None = None
        self._entrances = entrances  # the preferred one first
        self._nicks = (f"{name}-{number}" for number in count(1))
        self._missed: list[ShownMessage] | None = None  # shown live while the history is being read
        self._is_finished = Event()

    def run(self) -> None:
        """Stay in the room until the last message is shown."""
        try:
            while not self._has_seen_the_end:
                self._stay()
        except BaseException as error:
            self.failure = error
            raise

    @property
    def _has_seen_the_end(self) -> bool:
        return bool(self.messages) and self.messages[-1].text == LAST_TEXT

    def _stay(self) -> None:
        """Stay on a node until the connection ends."""
        for node in self._entrances:
            try:
                peer = node.connect(next(self._nicks), *CAPS)
            except (OSError, ConnectionEnded):
                continue
            self.views.append(ConnectionView(node.name, peer.nick))
            with peer:
                try:
                    self._resume(peer)
                    self._take_part(peer)
                except (OSError, ConnectionEnded):
                    return
            return
        self._is_finished.wait(RETRY_SECONDS)

    def _take_part(self, peer: SocketClient) -> None:
        while not self._has_seen_the_end:
            self._read(peer)

    def _read(self, peer: SocketClient) -> Line:
        """Read a line, and record what it shows; return it."""
        line = parse(peer.line())
        view = self.views[-1]
        if line.command == "PRIVMSG" and "batch" not in line.tags and line.params[0] == ROOM:
            view.live.append(message_of(line))
            (self.messages if self._missed is None else self._missed).append(message_of(line))
        elif line.command in ("JOIN", "QUIT"):
            nicks = view.joins if line.command == "JOIN" else view.quits
            nicks.append((line.source or "").partition("!")[0])
        elif line.command == "ERROR":
            view.errors.append(line.params[-1])
        return line

    def _resume(self, peer: SocketClient) -> None:
        """Read the history after the last message, then what was shown meanwhile."""
        if not self.messages:
            return
        self._missed = []
        while page := list(self._page(peer, self.messages[-1])):
            self.messages += page
        missed, self._missed = self._missed, None
        self.messages += [one for one in missed if one.position > self.messages[-1].position]

    def _page(self, peer: SocketClient, last: ShownMessage) -> Iterator[ShownMessage]:
        peer.send(f"CHATHISTORY AFTER {ROOM} msgid={last.msgid} {PAGE}")
        while True:
            line = self._read(peer)
            if line.command == "PRIVMSG" and "batch" in line.tags:
                yield message_of(line)
            elif line.command == "BATCH" and line.params[0].startswith("-"):
                return


class RoamingWriter(RoamingPerson):
    """A person who writes the next message when the one before is shown."""

    def __init__(self, name: str, entrances: Sequence[Entrance]) -> None:
        super().__init__(name, entrances)
        self.echoes: list[Echo] = []
        self.refused: list[str] = []  # texts that the server said are not stored
        self._numbers = count(1)
        self._stopping = Event()

    def stop_writing(self) -> None:
        """Write no more messages; the person stays in the room."""
        self._stopping.set()

    def _take_part(self, peer: SocketClient) -> None:
        while not self._stopping.is_set():
            self._write(peer, f"{self.name}.{next(self._numbers)}")
            self._stopping.wait(PACE_SECONDS)
        super()._take_part(peer)

    def _write(self, peer: SocketClient, text: str) -> None:
        sent_at = time.monotonic()
        peer.send(f"PRIVMSG {ROOM} :{text}", f"PING {text}")
        is_shown = False
        while True:
            line = self._read(peer)
            if line.command == "PRIVMSG" and line.params[-1] == text:
                is_shown = True
                self.echoes.append(Echo(self.views[-1].node, sent_at, time.monotonic()))
            elif line.command == "PONG" and line.params[-1] == text:
                break
        if not is_shown:
            self.refused.append(text)
