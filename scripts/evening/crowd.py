"""The people of the evening, each with a connection of their own, who act out transcripts."""

from collections.abc import Iterable

from app.wire.line import Line, parse
from scripts.evening.cast import GENERAL, PEOPLE, ROOMS, TOPICS, members_of
from scripts.evening.transcript import Deed, Step
from tests.process.server_process import Server
from tests.process.socket_client import SocketClient

CAPABILITIES = ("message-tags", "echo-message", "server-time")


class Crowd:
    """Everybody but anna. A step is over once the server has stored it."""

    def __init__(self) -> None:
        self._people: dict[str, SocketClient] = {}
        self._msgids: dict[str, str] = {}  # by the keys of the transcripts

    def arrive(self, server: Server) -> None:
        """Connect everybody, and let them join their rooms, the founder of each first."""
        for nick in PEOPLE:
            self._people[nick] = server.connect()
            requests = (
                f"CAP REQ :{' '.join(CAPABILITIES)}",
                f"NICK {nick}",
                f"USER {nick} 0 * :{nick}",
                "CAP END",
            )
            self._people[nick].send(*requests)
        for person in self._people.values():
            person.hears(" 422 ")
        founders = {room: members_of(room)[0] for room in ROOMS}
        for room, nick in founders.items():
            self._people[nick].send(f"JOIN {room}")
            self._people[nick].fence()
        for nick, person in self._people.items():
            person.send(f"JOIN {','.join(room for room in ROOMS if nick in members_of(room))}")
            person.fence()

    def set_topics(self) -> None:
        """Set the topic of each room as its founder; the first room belongs to the server."""
        for room, topic in TOPICS.items():
            if room == GENERAL:
                continue
            founder = self._people[members_of(room)[0]]
            founder.send(f"TOPIC {room} :{topic}")
            founder.fence()

    def play(self, steps: Iterable[Step]) -> None:
        """Act out a transcript, one step after the other."""
        for step in steps:
            self._act(step)

    def recite(self, nick: str, room: str, texts: list[str]) -> None:
        """Send many messages at once."""
        person = self._people[nick]
        person.send(*(f"PRIVMSG {room} :{text}" for text in texts))
        person.fence()

    def _act(self, step: Step) -> None:
        person = self._people[step.who]
        referred = self._msgids.get(step.to, "")
        line = {
            Deed.SAY: f"PRIVMSG {step.room} :{step.text}",
            Deed.REPLY: f"@+draft/reply={referred} PRIVMSG {step.room} :{step.text}",
            Deed.REACT: f"@+draft/react={step.text};+draft/reply={referred} TAGMSG {step.room}",
            Deed.REDACT: f"REDACT {step.room} {referred} :{step.text}",
            Deed.TOPIC: f"TOPIC {step.room} :{step.text}",
            Deed.JOIN: f"JOIN {step.room}",
            Deed.LEAVE: f"PART {step.room}",
        }[step.deed]
        person.send(line)
        if not step.key:
            person.fence()
            return

        def is_echo(received: Line) -> bool:
            return received.command == "PRIVMSG" and received.params[1] == step.text

        self._msgids[step.key] = parse(person.until(is_echo)[-1]).tags["msgid"]
