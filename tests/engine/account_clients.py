"""Accounts in the harness: creating them and logging in as a client does."""

from base64 import b64decode

from scramp import ScramClient

from app.engine.submission_unit import Callback, SubmissionUnit, run_slow_work
from app.services.accounts.accounts import registration_event
from app.services.accounts.passwords import hash_password
from app.wire import sasl
from tests.engine.harness import EngineHarness, HarnessClient
from tests.story import record_now

PASSWORD = "sesame street"


def account(bench: EngineHarness, name: str, password: str = PASSWORD, role: str = "user") -> None:
    """Create an account, as `chat-admin` does beside the running server."""
    event = registration_event(bench.clock, name, hash_password(password), role)
    record_now(bench.database, bench.clock, [event])


def stranger(bench: EngineHarness, name: str = "bar") -> HarnessClient:
    """Open a connection that has requested SASL."""
    person = bench.dial(name)
    person.send("CAP REQ sasl")
    person.heard()
    return person


def plain(name: str, password: str = PASSWORD, asked: str = "") -> list[str]:
    """Return the AUTHENTICATE lines of a PLAIN message."""
    return authenticate_lines(f"{asked}\0{name}\0{password}".encode())


def authenticate_lines(message: bytes) -> list[str]:
    """Split a message into AUTHENTICATE lines."""
    return [f"AUTHENTICATE {piece}" for piece in sasl.encode_chunks(message)]


def log_in(person: HarnessClient, name: str, password: str = PASSWORD) -> list[str]:
    """Log in with PLAIN and return the replies."""
    return person.ask("AUTHENTICATE PLAIN", *plain(name, password))


def codes(lines: list[str]) -> list[str]:
    """Return the verb or numeric of each untagged line."""
    return [line.split(" ")[1] if line.startswith(":") else line.split(" ")[0] for line in lines]


def enter(
    bench: EngineHarness,
    nick: str,
    name: str,
    *caps: str,
    password: str = PASSWORD,
    certificate: str | None = None,
    secure: bool = False,
) -> HarnessClient:
    """Connect with an account and discard the welcome burst."""
    person = bench.dial(nick, certificate=certificate, secure=secure)
    person.send(f"CAP REQ :{' '.join(('sasl', *caps))}", "AUTHENTICATE PLAIN", *plain(name, password))
    person.send(f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END")
    assert any(" 001 " in line for line in person.heard()), f"{nick} was not let in"
    return person


def begin(person: HarnessClient, *lines: str) -> SubmissionUnit:
    """Send lines and stop before the slow work of the last one."""
    unit = SubmissionUnit(person.client, [person.bench.request(line) for line in lines])
    person.bench.core.engine.cycle([unit])
    person.heard()
    assert unit.slow_work is not None
    return unit


def finish(person: HarnessClient, unit: SubmissionUnit) -> list[str]:
    """Run the slow work to its end and return the replies."""
    assert unit.slow_work is not None
    while unit.slow_work is not None:
        turn = work(person, unit)
        unit = unit.make_continuation(turn)
        person.bench.core.engine.cycle([unit])
    return person.heard()


def work(person: HarnessClient, unit: SubmissionUnit) -> Callback:
    """Run the slow work of a unit without submitting its result."""
    assert unit.slow_work is not None
    with person.bench.database.reading() as session:
        return run_slow_work(unit.slow_work, session)


class Scram:
    """The client side of SCRAM-SHA-256."""

    def __init__(self, person: HarnessClient, name: str, password: str = PASSWORD) -> None:
        self.person = person
        self.client = ScramClient(["SCRAM-SHA-256"], name, password, c_nonce="n" * 12)

    def begin(self) -> list[str]:
        """Select the mechanism and send the client-first message."""
        assert self.person.ask("AUTHENTICATE SCRAM-SHA-256") == ["AUTHENTICATE +"]
        return self.person.ask(*authenticate_lines(self.client.get_client_first().encode()))

    def prove(self, challenge: list[str]) -> list[str]:
        """Send the client-final message for a challenge."""
        self.client.set_server_first(message(challenge))
        return self.person.ask(*authenticate_lines(self.client.get_client_final().encode()))

    def consent(self, proof: list[str]) -> list[str]:
        """Verify the server signature and finish."""
        self.client.set_server_final(message(proof))
        return self.person.ask("AUTHENTICATE +")


def message(lines: list[str]) -> str:
    """Decode a server message from its AUTHENTICATE lines."""
    words = [line.removeprefix("AUTHENTICATE ") for line in lines]
    return b64decode("".join(word for word in words if word != "+")).decode()
