"""Random actions of users and administrators."""

from collections.abc import Iterator

from hypothesis import strategies as st

from app.events import Event, Kind, PasswordHashes
from app.events.data import BannedData, CreatedData, RevokedData
from app.services.accounts.accounts import account_change_event, find_account, registration_event
from app.services.rooms.rooms import find_room
from app.wire.names import fold
from tests.engine.account_clients import PASSWORD, plain
from tests.engine.harness import EngineHarness, HarnessClient
from tests.story import record_now

PEOPLE = ("anna", "bob", "Анна", "carol")
ROOMS = ("#tea", "#Tea", "#чай", "#all")
WHO = st.sampled_from(PEOPLE)
WHERE = st.sampled_from(ROOMS)
MODES = st.sampled_from(
    "+i -i +k:key -k:* +l:5 -l +m-t +s +b:evil!*@* -b:evil!*@* +e:*!*@good +I:anna +oo:anna,bob -o:anna +v:Анна "
    "-v:carol +bk-l:a,b +R+C -bo:evil!*@*,bob +H +W:5 -W +g:word -g:word +b:~a:anna +e:~m:bob".split(" ")
)
TEXTS = st.sampled_from(["", "hi", "привет", "x" * 300])
METADATA = st.sampled_from(["SET color red", "SET color", "SET avatar :a b", "SET avatar x", "CLEAR"])


def command(verb: str, *words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*words).map(lambda found: " ".join((verb, *found)))


def _mode(found: tuple[str, str]) -> str:
    letters, _, arguments = found[1].partition(":")
    return f"MODE {found[0]} {letters} {arguments.replace(',', ' ')}"


LINES = st.one_of(
    command("JOIN", WHERE),
    command("JOIN", WHERE, st.just("key")),
    command("PART", WHERE),
    command("NICK", WHO | st.just("evil")),
    command("RENAME", WHERE, WHERE),
    command("TOPIC", WHERE, TEXTS.map(":".__add__)),
    command("PRIVMSG", WHERE | WHO, TEXTS.map(":".__add__)),
    command("KICK", WHERE, WHO),
    command("INVITE", WHO, WHERE),
    command("METADATA", st.just("*") | WHO | WHERE, METADATA),
    command("REGISTER", WHO | st.just("*"), st.just("*"), st.just(PASSWORD)),
    WHO.map(lambda name: "\r\n".join(("AUTHENTICATE PLAIN", *plain(name)))),
    st.tuples(WHERE, MODES).map(_mode),
    st.sampled_from(["LOGOUT", "QUIT", "JOIN 0", "MODE evil -i", "AWAY", "AWAY :tea", "NS SET ALWAYS-ON on"]),
)
DEEDS = st.one_of(
    st.sampled_from(["connect", "hang up"]),
    st.sampled_from(["admin", "user", "disable", "enable", "ban", "unban", "create", "rename"]),
    LINES,
    LINES,
    LINES,
)


def do(bench: EngineHarness, name: str, deed: str) -> None:
    """Perform an action of a user, or of an administrator beside the server."""
    person = bench.people.get(name)
    if deed in ("admin", "user", "disable", "enable", "ban", "unban", "create"):
        administer(bench, name, deed)
    elif deed == "connect" or person is None or person.client.is_closed:
        bench.people[name] = arrive(bench, name)
    elif deed == "hang up":
        person.hang_up()
    else:
        person.send_bytes(f"{deed}\r\n".encode())


def arrive(bench: EngineHarness, name: str) -> HarnessClient:
    """Open a connection, perhaps with TLS: as a new user, a device of one, or unregistered."""
    certificate = "a1" * 32 if (bench.settings.node, name) == ("a", "anna") else None
    person = bench.dial(name, certificate=certificate, secure=name != "bob")
    person.send("CAP REQ :sasl labeled-response", "AUTHENTICATE PLAIN", *plain(name))
    person.send(f"NICK {name}", f"USER {name} 0 * :{name}", "CAP END")
    return person


def administer(bench: EngineHarness, name: str, deed: str) -> None:
    """Append events as `chat-admin` does; the server reads them with the next cycle."""
    record_now(bench.database, bench.clock, list(_decided(bench, name, deed)))


def _decided(bench: EngineHarness, name: str, deed: str) -> Iterator[Event]:
    with bench.database.reading() as session:
        account = find_account(session, fold(name))
        if deed == "create" and account is None:
            yield registration_event(bench.clock, name, PasswordHashes("$none", "4096$eA==$eA==$eA=="))
        elif deed == "create" and find_room(session, "#made") is None:
            data = CreatedData("nt", official=True, founder=None)
            yield Event(Kind.CREATED, room=bench.clock.new_id(), nick="root", target="#made", data=data)
        elif deed in ("admin", "user") and account is not None:
            yield account_change_event(account, "root", role=deed)
        elif deed in ("disable", "enable") and account is not None:
            yield account_change_event(account, "root", disabled=deed == "disable")
        elif deed == "ban":
            data = BannedData(bench.clock.new_id(), "nick", None)
            yield Event(Kind.BANNED, nick="root", target=f"{name}*!*@*", text="enough", data=data)
        elif deed == "unban":
            for ban in bench.core.runtime.world.bans.active():
                yield Event(Kind.UNBANNED, nick="root", target=ban.mask, data=RevokedData(ban.id))
