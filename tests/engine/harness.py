"""A bench for conversations: the whole server without sockets and threads.

A conversation reads as a transcript:

    bob > PRIVMSG #tea :hi                        bob's client sends a line
    alice < :bob!~bob@127.0.0.1 PRIVMSG #tea :hi  the next thing alice hears is exactly this
    alice ~ :* 353 alice = #tea :*                or matches this (`*` stands for anything)
    alice =                                       alice hears nothing more
    alice .                                       whatever alice has heard so far does not matter
"""

import re
from collections.abc import Iterable
from pathlib import Path

from app.bootstrap import Core, assemble
from app.clock import Clock
from app.commands.requests import CommandRequest, MalformedLine, parse_request
from app.commands.sessions.leaving import detach
from app.db import schema
from app.db.database import Database, url_of
from app.engine.delivery.client import Client
from app.engine.submission_unit import Callback, Step, SubmissionUnit, run_slow_work
from app.settings import ServerSettings
from app.wire.framing import Frame, Framer
from app.wire.line import Line, parse


class RecordingSink:
    """A sink that keeps what it is given."""

    broadcaster = None

    def __init__(self) -> None:
        self.data = b""
        self.is_finished = False

    def push(self, data: bytes) -> None:
        """Keep the bytes, unless the connection was ended: an outbox takes nothing more then."""
        if not self.is_finished:
            self.data += data

    def finish(self) -> None:
        """Remember that the connection was ended."""
        self.is_finished = True


class HarnessClient:
    """One connection on the bench."""

    def __init__(self, bench: "EngineHarness", name: str, address: str) -> None:
        self.bench = bench
        self.name = name
        self.ear = RecordingSink()
        self._framer = Framer()
        self.client = Client(self.ear, address, False, bench.clock.monotonic())
        self.do([Callback(lambda batch, client: bench.core.runtime.world.arrive(client), writes=False)])

    def send(self, *lines: str) -> None:
        """Send lines in one read."""
        self.send_bytes("".join(f"{line}\r\n" for line in lines).encode())

    def send_bytes(self, data: bytes) -> None:
        """Send bytes in one read."""
        self.do(map(self.bench.request, self._framer.feed(data)))

    def hang_up(self, reason: str = "Connection closed") -> None:
        """Lose the connection."""
        runtime = self.bench.core.runtime
        self.do([Callback(lambda batch, client: detach(runtime, batch, client, reason))])

    def do(self, steps: Iterable[Step]) -> None:
        """Have the engine do steps, with the slow work in between, as a reader does."""
        unit = SubmissionUnit(self.client, list(steps))
        self.bench.core.engine.cycle([unit])
        while unit.task is not None:
            with self.bench.database.reading() as session:
                turn = run_slow_work(unit.task, session)
            unit = unit.rest_after(turn)
            self.bench.core.engine.cycle([unit])

    def heard(self) -> list[str]:
        """Return the lines heard since the last call."""
        data, self.ear.data = self.ear.data, b""
        lines = data.decode().split("\r\n")
        assert lines.pop() == "", "every line ends with CR LF"
        assert not any("\n" in line or "\r" in line or "\0" in line for line in lines)
        return lines

    def hears(self, verb: str) -> list[Line]:
        """Return the lines of one verb heard since the last call; the others are forgotten."""
        return [line for line in map(parse, self.heard()) if line.command == verb]

    def ask(self, *lines: str) -> list[str]:
        """Send lines and return what is heard in answer."""
        self.heard()
        self.send(*lines)
        return self.heard()


class EngineHarness:
    """A server, its database, its clock and the people on it."""

    def __init__(self, database: Database, clock: Clock, **settings: object) -> None:
        self.database = database
        self.clock = clock
        given = {"servername": "irc.example", "auto_join": [], "flood_rate": 0} | settings
        self.settings = ServerSettings.model_validate(given)
        self.people: dict[str, HarnessClient] = {}
        self.core: Core = assemble(self.settings, database, clock)

    @classmethod
    def fresh(cls, path: Path, clock: Clock | None = None, **settings: object) -> "EngineHarness":
        """Make a bench on a new SQLite file."""
        database = Database(url_of(str(path)))
        schema.prepare(database)
        return cls(database, clock or Clock(), **settings)

    def request(self, frame: Frame) -> CommandRequest | MalformedLine:
        """Return the step that a received line asks for."""
        return parse_request(self.core.runtime.commands, frame)

    def restart(self) -> None:
        """Be a server that was killed and starts again: only what is stored is left."""
        self.people.clear()
        self.core.runtime.ledger.close()
        self.core = assemble(self.settings, self.database, self.clock)

    def close(self) -> None:
        """Close the database."""
        self.core.runtime.ledger.close()
        self.database.close()

    def dial(self, name: str, address: str = "127.0.0.1") -> HarnessClient:
        """Open a connection that has said nothing yet."""
        self.people[name] = HarnessClient(self, name, address)
        return self.people[name]

    def connect(self, name: str, *caps: str, address: str = "127.0.0.1") -> HarnessClient:
        """Open a connection and register it under a nick; the welcome is forgotten."""
        person = self.dial(name, address)
        person.send("CAP LS 302", *([f"CAP REQ :{' '.join(caps)}"] if caps else []))
        person.send(f"NICK {name}", f"USER {name} 0 * :{name.capitalize()}", "CAP END")
        assert any(" 001 " in line for line in person.heard()), f"{name} was not let in"
        return person

    def play(self, transcript: str) -> None:
        """Play a transcript and hold everybody to it."""
        for line in filter(None, map(str.strip, transcript.splitlines())):
            name, sign, rest = (line + "  ").split(" ", 2)
            self._play(self.people[name], sign, rest.removesuffix("  "), line)

    def _play(self, person: HarnessClient, sign: str, rest: str, line: str) -> None:
        if sign == ">":
            person.send(rest)
        elif sign == ".":
            person.heard()
        elif sign == "=":
            assert person.heard() == [], line
        else:
            heard = next_line(person)
            expected = re.escape(rest).replace(r"\*", ".*") if sign == "~" else re.escape(rest)
            assert heard is not None, f"{line}: heard nothing"
            assert re.fullmatch(expected, heard), f"{line}\n  heard: {heard}"


def next_line(person: HarnessClient) -> str | None:
    """Take the next line somebody heard, or None if there is none."""
    line, separator, person.ear.data = person.ear.data.partition(b"\r\n")
    return line.decode() if separator else None
