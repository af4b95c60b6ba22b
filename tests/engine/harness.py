"""A harness for conversations: the whole server without sockets and threads.

A conversation is written as a transcript:

    bob > PRIVMSG #tea :hi                        bob's client sends a line
    alice < :bob!~bob@127.0.0.1 PRIVMSG #tea :hi  the next line alice receives is exactly this
    alice ~ :* 353 alice = #tea :*                or matches this (`*` matches any text)
    alice =                                       alice receives nothing more
    alice .                                       discard what alice has received so far
"""

import re
from collections.abc import Iterable
from concurrent.futures import Executor
from pathlib import Path

from app.bootstrap.assembly import Core, assemble
from app.clock import Clock
from app.commands.requests import CommandRequest, MalformedLine, parse_request
from app.commands.sessions.connections import accept_client
from app.commands.sessions.leaving import detach_client
from app.db.database import Database, parse_database_url
from app.engine.delivery.client import Client
from app.engine.submission_unit import Callback, Step, SubmissionUnit, run_slow_work
from app.engine.world.world import World
from app.services.nodes.membership import Membership, NodeProfile
from app.services.nodes.nodes import find_delivery_progress
from app.settings import ServerSettings
from app.wire.framing import Frame, Framer
from app.wire.line import Line, parse
from tests.chat_file import create_chat_file

NODE_LEASE_SECONDS = 10_000_000


class RecordingSink:
    """A sink that records its bytes."""

    broadcaster = None

    def __init__(self) -> None:
        self.data = b""
        self.is_finished = False

    def push(self, data: bytes) -> None:
        """Record the bytes, unless the connection was finished, as an outbox does."""
        if not self.is_finished:
            self.data += data

    def finish(self) -> None:
        """Record that the connection was finished."""
        self.is_finished = True


class HarnessClient:
    """One connection of the harness."""

    def __init__(
        self, bench: "EngineHarness", name: str, address: str, certificate: str | None, secure: bool
    ) -> None:
        self.bench = bench
        self.name = name
        self.ear = RecordingSink()
        self._framer = Framer()
        self.client = Client(self.ear, address, secure, bench.clock.monotonic())
        self.client.certificate = certificate
        runtime = bench.core.runtime
        self.do([Callback(lambda batch, client: accept_client(runtime, batch, client), writes=False)])

    def send(self, *lines: str) -> None:
        """Send lines as one read."""
        self.send_bytes("".join(f"{line}\r\n" for line in lines).encode())

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as one read."""
        self.do(map(self.bench.request, self._framer.feed(data)))

    def hang_up(self, reason: str = "Connection closed") -> None:
        """Drop the connection."""
        runtime = self.bench.core.runtime
        self.do([Callback(lambda batch, client: detach_client(runtime, batch, client, reason))])

    def do(self, steps: Iterable[Step]) -> None:
        """Run steps and their slow work, as a reader does."""
        unit = SubmissionUnit(self.client, list(steps))
        self.bench.core.engine.cycle([unit])
        while unit.slow_work is not None:
            with self.bench.database.reading() as session:
                turn = run_slow_work(unit.slow_work, session)
            unit = unit.make_continuation(turn)
            self.bench.core.engine.cycle([unit])

    def heard(self) -> list[str]:
        """Return the lines received since the last call."""
        data, self.ear.data = self.ear.data, b""
        lines = data.decode().split("\r\n")
        assert lines.pop() == "", "every line ends with CR LF"
        assert not any("\n" in line or "\r" in line or "\0" in line for line in lines)
        return lines

    def hears(self, verb: str) -> list[Line]:
        """Return the lines with a verb received since the last call, and discard the others."""
        return [line for line in map(parse, self.heard()) if line.command == verb]

    def ask(self, *lines: str) -> list[str]:
        """Send lines and return the replies."""
        self.heard()
        self.send(*lines)
        return self.heard()


class EngineHarness:
    """A server, its database, its clock and its clients."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        is_node: bool = False,
        background: Executor | None = None,
        **settings: object,
    ) -> None:
        self.database = database
        self.clock = clock
        given = {"servername": "irc.example", "auto_join": [], "flood_rate": 0} | settings
        self.settings = ServerSettings.model_validate(given)
        self.people: dict[str, HarnessClient] = {}
        membership = self._membership() if is_node else None
        self.core: Core = assemble(
            self.settings, database, clock, membership=membership, background=background
        )

    def _membership(self) -> Membership:
        """Return a membership whose lease does not expire while a test runs."""
        profile = NodeProfile(self.settings.node, "1", {}, NODE_LEASE_SECONDS)
        return Membership(profile, self.clock, self.database.dialect.now)

    @classmethod
    def fresh(cls, path: Path, clock: Clock | None = None, **settings: object) -> "EngineHarness":
        """Create a harness on a new SQLite file."""
        database = Database(parse_database_url(str(create_chat_file(path))))
        return cls(database, clock or Clock(), **settings)

    def request(self, frame: Frame) -> CommandRequest | MalformedLine:
        """Return the step that a received line asks for."""
        return parse_request(self.core.runtime.commands, frame)

    def restart(self) -> None:
        """Simulate `kill -9` and a restart: only stored state is left."""
        self.people.clear()
        self.core.runtime.ledger.close()
        self.core = assemble(self.settings, self.database, self.clock)

    @property
    def world(self) -> World:
        """The world of this node."""
        return self.core.runtime.world

    def adopt(self) -> bool:
        """Adopt what other nodes appended without the log's lock; return whether there was any."""
        ledger, committer = self.core.runtime.ledger, self.core.engine._committer
        before = ledger.last_id
        committer.deliver_remote_events()
        has_adopted = ledger.last_id > before
        if committer.adopter.has_follow_ups:
            self.core.engine.cycle([])
        return has_adopted

    def remove_node(self, name: str, reason: str) -> None:
        """Remove another node, as when its lease has expired."""
        committer = self.core.engine._committer
        changeset = committer.open()
        assert changeset is not None
        progress = find_delivery_progress(self.core.runtime.ledger.connection, [name])
        self.core.dispatcher.remove_node(changeset, name, reason, progress.delivered_until)
        committer.commit(changeset, [])

    def shut_down(self) -> None:
        """Stop as on SIGTERM; what clients received can still be read."""
        self.core.engine._committer.shut_down()

    def close(self) -> None:
        """Close the database."""
        self.core.runtime.ledger.close()
        self.database.close()

    def dial(
        self, name: str, address: str = "127.0.0.1", certificate: str | None = None, secure: bool = False
    ) -> HarnessClient:
        """Open an unregistered connection, with TLS if it is secure or has a certificate."""
        self.people[name] = HarnessClient(self, name, address, certificate, secure or certificate is not None)
        return self.people[name]

    def connect(
        self, name: str, *caps: str, address: str = "127.0.0.1", secure: bool = False
    ) -> HarnessClient:
        """Open and register a connection, and discard the welcome burst."""
        person = self.dial(name, address, secure=secure)
        person.send("CAP LS 302", *([f"CAP REQ :{' '.join(caps)}"] if caps else []))
        person.send(f"NICK {name}", f"USER {name} 0 * :{name.capitalize()}", "CAP END")
        assert any(" 001 " in line for line in person.heard()), f"{name} was not let in"
        return person

    def play(self, transcript: str) -> None:
        """Play a transcript and assert every expectation in it."""
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
    """Return the next received line, or None."""
    line, separator, person.ear.data = person.ear.data.partition(b"\r\n")
    return line.decode() if separator else None
