"""For outsiders, a secret room (+s) does not differ from a room that does not exist.

The tests compare two servers. They are equal, except that a secret room exists on the first only;
the second has a secret room of another name.
"""

from collections.abc import Iterable, Iterator

import pytest

from app.commands.registry import Command
from app.services.rooms.administration import delete_room
from app.wire.line import parse
from tests.engine.account_clients import account, enter
from tests.engine.command_lines import lines_with
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import gather, log_in
from tests.story import Story
from tests.test_docs_commands import entries

HIDDEN = "#hidden"
FORMS = ("{}", "@{}", "anna,{}", "{},#mine", "in={}")  # in which a parameter may contain a room
CAPS = (
    "message-tags",
    "echo-message",
    "standard-replies",
    "setname",
    "draft/read-marker",
    "draft/chathistory",
)
# By nature: only one room can have a name, and a restriction on entering belongs to a room.
REVEALING = {("JOIN", "channels"), ("RENAME", "name")}


def lines_of(command: Command) -> Iterator[str]:
    """Yield lines that name the room in each parameter, with and without those after it."""
    for form in FORMS:
        for name, line in lines_with(command, form.format(HIDDEN)):
            if (command.name, name) not in REVEALING:
                yield f"@+draft/react=x {line}"


def open_room(make_bench: MakeBench, name: str, modes: str) -> EngineHarness:
    """Start a server on which anna is in a room with modes."""
    bench = make_bench()
    bench.connect("anna").send(
        "MODE anna -i", f"JOIN {name}", f"TOPIC {name} :a plan", f"MODE {name} {modes}"
    )
    return bench


def outsider(bench: EngineHarness, number: int) -> HarnessClient:
    """Connect another outsider, who has a room of their own."""
    bob = bench.connect(f"bob{number}", *CAPS, address=f"127.0.0.{number}")
    bob.ask("JOIN #mine")
    return bob


def find_differences(
    one: EngineHarness, other: EngineHarness, commands: Iterable[Command]
) -> dict[str, list[tuple[str, list[str], list[str]]]]:
    """Return the lines that an outsider gets different replies to, by command, with the replies."""
    found: dict[str, list[tuple[str, list[str], list[str]]]] = {}
    for number, command in enumerate(commands, 1):
        pair = [outsider(bench, number) for bench in (one, other)]
        for line in lines_of(command):
            replies = [bob.ask(line) for bob in pair]
            if replies[0] != replies[1]:
                found.setdefault(command.name, []).append((line, *replies))
        for bob in pair:
            bob.hang_up()
    return found


@pytest.mark.parametrize("modes", ["+s", "+s-nt", "+simklR key 1"])
def test_no_command_tells_a_secret_room_from_an_absent_one(make_bench: MakeBench, modes: str) -> None:
    one, other = open_room(make_bench, HIDDEN, modes), open_room(make_bench, "#beside", modes)
    assert find_differences(one, other, entries()) == {}
    heard = one.people["anna"].heard()
    assert [line for line in heard if line.startswith(":bob") and HIDDEN in line.partition(" :")[0]] == []


def test_these_commands_show_that_an_open_room_exists(make_bench: MakeBench) -> None:
    """The comparison notices a difference in every command that works on rooms."""
    one, other = open_room(make_bench, HIDDEN, "-nt"), open_room(make_bench, "#beside", "-nt")
    revealing = set(find_differences(one, other, entries()))
    assert revealing >= {
        "INVITE",
        "KICK",
        "LIST",
        "METADATA GET",
        "METADATA LIST",
        "METADATA SET",
        "MODE",
        "NAMES",
        "NOTICE",
        "PART",
        "PRIVMSG",
        "RENAME",
        "TAGMSG",
        "TOPIC",
        "WHO",
        "WHOIS",
    }
    assert {"CHATHISTORY LATEST", "HISTSERV LAST", "MARKREAD", "REDACT", "SEARCH"}.isdisjoint(revealing)


@pytest.mark.parametrize("target", [HIDDEN, f"@{HIDDEN}"])
@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE"])
def test_a_multiline_message_does_not_show_a_secret_room(
    make_bench: MakeBench, verb: str, target: str
) -> None:
    replies = []
    for name in (HIDDEN, "#beside"):
        bob = open_room(make_bench, name, "+s-n").connect("bob", "batch", "message-tags", "draft/multiline")
        lines = (f"@batch=x {verb} {target} :{word}" for word in ("one", "two"))
        replies.append(bob.ask(f"BATCH +x draft/multiline {target}", *lines, "BATCH -x"))
    assert replies[0] == replies[1]
    assert len(replies[0]) == (verb == "PRIVMSG")


def test_outsiders_hear_nothing_from_a_secret_room(make_bench: MakeBench) -> None:
    bench = open_room(make_bench, HIDDEN, "+s")
    watcher = bench.connect("bob", "away-notify", "account-notify", "draft/channel-rename", "invite-notify")
    gather(bench, HIDDEN, "carol")
    bench.people["anna"].ask(
        f"PRIVMSG {HIDDEN} :hello",
        f"MODE {HIDDEN} +o carol",
        f"METADATA {HIDDEN} SET url https://secret.example",
        "AWAY :gone",
        f"RENAME {HIDDEN} #cave",
        "KICK #cave carol",
        "PART #cave",
    )
    assert watcher.heard() == []


def test_insiders_and_administrators_see_a_secret_room(make_bench: MakeBench) -> None:
    bench = open_room(make_bench, HIDDEN, "+s")
    bench.connect("root")
    log_in(bench, "root", "root", role="admin")
    for nick in ("anna", "root"):
        client = bench.people[nick]
        for line, numeric in (("MODE {}", "324"), ("TOPIC {}", "332"), ("LIST {}", "322"), ("WHO {}", "352")):
            assert f" {numeric} {nick} " in " ".join(client.ask(line.format(HIDDEN))), (nick, line)


def test_read_markers_do_not_show_what_happens_to_a_secret_room(make_bench: MakeBench) -> None:
    """Outsiders can have markers under any name, also the old or new name of a room."""
    bench = open_room(make_bench, HIDDEN, "+s")
    account(bench, "bob")
    noon, later = "timestamp=2026-11-22T12:00:05.123Z", "timestamp=2026-11-22T13:00:00.000Z"
    bob = enter(bench, "bob", "bob", "draft/read-marker")
    guest = bench.connect("guest")
    anna = bench.people["anna"]
    for reader in (bob, guest, anna):
        reader.ask(f"MARKREAD {HIDDEN} {noon}", f"MARKREAD #cave {later}")
    anna.ask(f"RENAME {HIDDEN} #cave")
    for reader in (bob, guest):
        assert markers(reader) == [f"{HIDDEN} {noon}", f"#cave {later}"]
    assert markers(anna) == [f"{HIDDEN} *", f"#cave {noon}"]
    Story(bench.database, bench.clock).apply(lambda admin: delete_room(admin, "#cave", [], "closed"))
    bench.core.engine.cycle([])
    bench.restart()
    assert markers(enter(bench, "bob", "bob")) == [f"{HIDDEN} {noon}", f"#cave {later}"]


def markers(reader: HarnessClient) -> list[str]:
    """Return a reader's markers for the old and the new name."""
    return [" ".join(parse(line).params) for line in reader.ask(f"MARKREAD {HIDDEN}", "MARKREAD #cave")]
