"""Accounts on the bench: made beforehand, and logged in to as a client does it."""

from base64 import b64decode

from scramp import ScramClient

from app.engine.submission_unit import Callback, SubmissionUnit, run_slow_work
from app.services.accounts import protect, registered
from app.wire import sasl
from tests.engine.harness import EngineHarness, HarnessClient
from tests.story import record_now

PASSWORD = "sesame street"


def account(bench: EngineHarness, name: str, password: str = PASSWORD, role: str = "user") -> None:
    """Let there be an account, as `chat-admin` makes one beside the running server."""
    event = registered(bench.clock, name, protect(password), role)
    record_now(bench.database, bench.clock, [event])


def stranger(bench: EngineHarness, name: str = "bar") -> HarnessClient:
    """Open a connection that is about to log in."""
    person = bench.dial(name)
    person.send("CAP REQ sasl")
    person.heard()
    return person


def plain(name: str, password: str = PASSWORD, asked: str = "") -> list[str]:
    """Return the lines that carry a log-in by PLAIN."""
    return pieces(f"{asked}\0{name}\0{password}".encode())


def pieces(message: bytes) -> list[str]:
    """Cut a message into AUTHENTICATE lines."""
    return [f"AUTHENTICATE {piece}" for piece in sasl.pieces(message)]


def log_in(person: HarnessClient, name: str, password: str = PASSWORD) -> list[str]:
    """Log in by PLAIN and return what is heard."""
    return person.ask("AUTHENTICATE PLAIN", *plain(name, password))


def codes(lines: list[str]) -> list[str]:
    """Return the verbs and numerics of lines without tags."""
    return [line.split(" ")[1] if line.startswith(":") else line.split(" ")[0] for line in lines]


def enter(bench: EngineHarness, nick: str, name: str, *caps: str, password: str = PASSWORD) -> HarnessClient:
    """Connect as somebody with an account; the welcome is forgotten."""
    person = bench.dial(nick)
    person.send(f"CAP REQ :{' '.join(('sasl', *caps))}", "AUTHENTICATE PLAIN", *plain(name, password))
    person.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
    assert any(" 001 " in line for line in person.heard()), f"{nick} was not let in"
    return person


def begin(person: HarnessClient, *lines: str) -> SubmissionUnit:
    """Send lines, and stop where the reader would do the slow work of the last one."""
    unit = SubmissionUnit(person.client, [person.bench.request(line) for line in lines])
    person.bench.core.engine.cycle([unit])
    person.heard()
    assert unit.task is not None
    return unit


def finish(person: HarnessClient, unit: SubmissionUnit) -> list[str]:
    """Do the slow work, go on, and return what is heard."""
    assert unit.task is not None
    while unit.task is not None:
        turn = work(person, unit)
        unit = unit.rest_after(turn)
        person.bench.core.engine.cycle([unit])
    return person.heard()


def work(person: HarnessClient, unit: SubmissionUnit) -> Callback:
    """Do the slow work of a unit, and go on later."""
    assert unit.task is not None
    with person.bench.database.reading() as session:
        return run_slow_work(unit.task, session)


class Scram:
    """A client's side of SCRAM-SHA-256 on the bench."""

    def __init__(self, person: HarnessClient, name: str, password: str = PASSWORD) -> None:
        self.person = person
        self.client = ScramClient(["SCRAM-SHA-256"], name, password, c_nonce="n" * 12)

    def begin(self) -> list[str]:
        """Name the mechanism, then say who it is."""
        assert self.person.ask("AUTHENTICATE SCRAM-SHA-256") == [":irc.example AUTHENTICATE +"]
        return self.person.ask(*pieces(self.client.get_client_first().encode()))

    def prove(self, challenge: list[str]) -> list[str]:
        """Answer the challenge."""
        self.client.set_server_first(message(challenge))
        return self.person.ask(*pieces(self.client.get_client_final().encode()))

    def consent(self, proof: list[str]) -> list[str]:
        """Check the server's own proof, and finish."""
        self.client.set_server_final(message(proof))
        return self.person.ask("AUTHENTICATE +")


def message(lines: list[str]) -> str:
    """Read a message of the server out of its AUTHENTICATE lines."""
    words = [line.removeprefix(":irc.example AUTHENTICATE ") for line in lines]
    return b64decode("".join(word for word in words if word != "+")).decode()
