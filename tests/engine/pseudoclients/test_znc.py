"""ZNC's *playback module (znc.in/playback)."""

import pytest

from app.wire.line import parse
from tests.conftest import MovedClock
from tests.engine.account_clients import account, codes, enter
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.pseudoclients.test_service_context import tell
from tests.engine.scenes import gather, people

CAPS = ("batch", "server-time", "message-tags", "znc.in/playback")
START = 1_795_000_000


def played(person: HarnessClient, question: str) -> dict[str, list[str]]:
    """Request playback and return the texts of each buffer."""
    found: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for line in map(parse, person.ask(f"PRIVMSG *playback :{question}")):
        if line.command == "BATCH" and line.params[0].startswith("+"):
            assert line.params[1] == "znc.in/playback"
            names[line.params[0][1:]] = line.params[2]
        elif line.command != "BATCH" and line.params[0] != "*playback":
            assert "time" in line.tags
            found.setdefault(names[line.tags["batch"]], []).append(line.params[-1])
    return found


def at(bench: EngineHarness, seconds: int, name: str, line: str) -> None:
    """Send a message at a given time."""
    clock = bench.clock
    assert isinstance(clock, MovedClock)
    clock.instant = (START + seconds) * 1000
    bench.people[name].send(line)


@pytest.fixture
def anna(bench: EngineHarness) -> HarnessClient:
    """Anna, with history in #tea, #milk and a private conversation with bob."""
    account(bench, "anna")
    anna = enter(bench, "anna", "anna", *CAPS)
    gather(bench, "#tea", "bob", "anna")
    gather(bench, "#milk", "bob", "anna")
    gather(bench, "#other", "bob")
    for seconds, line in enumerate(
        (
            "PRIVMSG #tea :one",
            "PRIVMSG #milk :two",
            "PRIVMSG anna :three",
            "PRIVMSG #other :no",
            "PRIVMSG #tea :four",
        ),
        1,
    ):
        at(bench, seconds, "bob", line)
    at(bench, 9, "anna", "PRIVMSG bob :five")
    anna.heard()
    return anna


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("PLAY *", {"#tea": ["one", "four"], "#milk": ["two"], "bob": ["three", "five"]}),
        ("play * 0", {"#tea": ["one", "four"], "#milk": ["two"], "bob": ["three", "five"]}),
        (f"PLAY * {START + 2}", {"#tea": ["four"], "bob": ["three", "five"]}),
        (f"PLAY * {START + 1}.999 {START + 3}", {"#milk": ["two"], "bob": ["three"]}),
        ("PLAY #t*", {"#tea": ["one", "four"]}),
        ("PLAY #MILK,BOB,#other,nobody", {"#milk": ["two"], "bob": ["three", "five"]}),
        ("PLAY #other", {}),
        (f"PLAY * {START + 100}", {}),
    ],
)
def test_play_replays_buffers(anna: HarnessClient, question: str, found: dict[str, list[str]]) -> None:
    assert played(anna, question) == found


def test_clients_with_the_capability_get_no_automatic_replay(
    bench: EngineHarness, anna: HarnessClient
) -> None:
    bench.connect("carol", *CAPS)
    assert codes([line.split(" ", 1)[1] for line in bench.people["carol"].ask("JOIN #tea")]) == [
        "JOIN",
        "353",
        "366",
    ]
    bench.connect("dora")
    assert codes(bench.people["dora"].ask("JOIN #tea"))[-1] == "PRIVMSG"


def test_without_batches_lines_come_unbatched(bench: EngineHarness, anna: HarnessClient) -> None:
    carol = bench.connect("carol", "server-time")
    carol.send("JOIN #tea")
    lines = [line.partition(" ")[2] for line in carol.ask("PRIVMSG *playback :PLAY #tea")]
    assert lines == [":bob!~bob@127.0.0.1 PRIVMSG #tea :one", ":bob!~bob@127.0.0.1 PRIVMSG #tea :four"]


def test_list_shows_available_buffers(bench: EngineHarness, anna: HarnessClient) -> None:
    notices = [parse(line).params[-1] for line in anna.ask("PRIVMSG *playback LIST")]
    assert sorted(notices) == [
        f"#milk {START + 2}.000 {START + 2}.000",
        f"#tea {START + 1}.000 {START + 5}.000",
        f"bob {START + 3}.000 {START + 9}.000",
    ]


@pytest.mark.parametrize("time", ["soon", "-1", "nan", "inf", "1e99", "9" * 400, "1e999999", "1e9999999999"])
def test_invalid_times_are_refused(anna: HarnessClient, time: str) -> None:
    (line,) = anna.ask(f"PRIVMSG *playback :PLAY * {time}")
    assert line.endswith(":Times are Unix timestamps, such as 1795000000.123")


def test_clear_deletes_nothing(bench: EngineHarness, anna: HarnessClient) -> None:
    (line,) = anna.ask("PRIVMSG *playback :CLEAR *")
    assert parse(line).params[-1].startswith("History cannot be cleared")
    assert played(anna, "PLAY #tea") == {"#tea": ["one", "four"]}


def test_playing_all_buffers_respects_the_page_limit(make_bench: MakeBench) -> None:
    bench = make_bench(history_limit=4)
    anna = bench.connect("anna", *CAPS)
    gather(bench, "#tea", "bob", "anna")
    gather(bench, "#milk", "bob", "anna")
    for word in "abcde":
        bench.people["bob"].send(f"PRIVMSG #tea :{word}", f"PRIVMSG #milk :{word}")
    anna.heard()
    assert played(anna, "PLAY *") == {"#tea": ["d", "e"], "#milk": ["d", "e"]}
    assert played(anna, "PLAY #tea") == {"#tea": ["b", "c", "d", "e"]}


def test_redacted_messages_are_not_played(bench: EngineHarness) -> None:
    bob = bench.connect("bob", *CAPS, "echo-message")
    bob.send("JOIN #tea")
    said = parse(bob.ask("PRIVMSG #tea :oops")[0])
    bob.ask(f"REDACT #tea {said.tags['msgid']}", "PRIVMSG #tea :better")
    assert played(bob, "PLAY #tea") == {"#tea": ["better"]}


def test_playback_has_help(bench: EngineHarness) -> None:
    (carol,) = people(bench, "carol")
    lines = [parse(line) for line in carol.ask("PRIVMSG *playback HELP")]
    assert {line.source for line in lines} == {"*playback!*playback@irc.example"}
    assert any("PLAY <buffers>" in line.params[-1] for line in lines)
    assert tell(bench, "carol", "HELP") != []


def test_playback_respects_hidden_history(bench: EngineHarness) -> None:
    gather(bench, "#tea", "bob")
    bench.people["bob"].send("MODE #tea +H", "PRIVMSG #tea :before")
    carol = bench.connect("carol", *CAPS)
    carol.ask("JOIN #tea")
    bench.people["bob"].send("PRIVMSG #tea :after")
    carol.heard()
    assert played(carol, "PLAY *") == {"#tea": ["after"]}


@pytest.mark.parametrize(
    "line",
    [
        f"ZNC *playback PLAY #tea {START + 2}",
        f"ZNC *playback :PLAY #tea {START + 2}",
        f"znc *Playback play #tea {START + 2}.000",
        f"PRIVMSG *playback :PLAY #tea {START + 2}",
        f"PRIVMSG *playback PLAY #tea {START + 2}",
    ],
)
def test_all_forms_that_clients_send_reach_the_module(anna: HarnessClient, line: str) -> None:
    played = [heard for heard in map(parse, anna.ask(line)) if heard.command == "PRIVMSG"]
    assert [heard.params for heard in played] == [["#tea", "four"]]


def test_the_znc_command_replies_but_is_not_echoed(bench: EngineHarness) -> None:
    bench.connect("anna", *CAPS, "echo-message")
    bench.play(
        """
        anna > ZNC *playback PLAY
        anna ~ @* :*playback!*playback@irc.example NOTICE anna :Not enough parameters: PLAY <buffers> *
        anna > ZNC *playback CLEAR #tea
        anna ~ @* :*playback!*playback@irc.example NOTICE anna :History cannot be cleared, *
        anna > ZNC *playback FLY
        anna ~ @* :*playback!*playback@irc.example NOTICE anna :Unknown command FLY; *
        anna > ZNC *playback
        anna ~ @* :*playback!*playback@irc.example NOTICE anna :Try HELP
        anna =
        """
    )


@pytest.mark.parametrize("module", ["*status", "playback", "NickServ", "*", "*playback2"])
def test_other_modules_are_refused_by_name(bench: EngineHarness, module: str) -> None:
    bench.connect("anna")
    refusal = "No such module; the only one is *playback: try ZNC *playback HELP"
    assert bench.people["anna"].ask(f"ZNC {module} IDENTIFY anna secret") == [
        f":irc.example 401 anna {module} :{refusal}"
    ]


def test_the_znc_command_needs_a_module_and_registration(bench: EngineHarness) -> None:
    assert codes(bench.dial("early").ask("ZNC *playback PLAY *", "ZNC *status")) == ["451", "451"]
    assert codes(bench.connect("anna").ask("ZNC")) == ["461"]
