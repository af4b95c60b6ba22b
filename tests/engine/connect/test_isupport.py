"""ISUPPORT, also before registration (IRCv3 draft/extended-isupport)."""

from app.wire.line import parse
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.scenes import people

CAPS = ("batch", "draft/extended-isupport")


def held_together(lines: list[str]) -> str:
    """Assert that the lines are one batch of 005 and return its tokens."""
    first, *inner, last = map(parse, lines)
    reference = first.params[0].removeprefix("+")
    assert (first.command, first.params) == ("BATCH", [f"+{reference}", "draft/isupport"])
    assert (last.command, last.params) == ("BATCH", [f"-{reference}"])
    assert [(line.command, line.tags) for line in inner] == [("005", {"batch": reference})] * len(inner)
    return " ".join(token for line in inner for token in line.params[1:-1])


def test_isupport_is_sent_on_request(bench: EngineHarness) -> None:
    (alice,) = people(bench, "alice")
    lines = [parse(line) for line in alice.ask("ISUPPORT")]
    assert {line.command for line in lines} == {"005"}
    assert all(line.params[0] == "alice" and len(line.params) <= 15 for line in lines)


def test_isupport_before_registration_needs_the_capability(bench: EngineHarness) -> None:
    bar = bench.dial("bar")
    assert [parse(line).command for line in bar.ask("ISUPPORT")] == ["451"]
    bar.ask("CAP REQ draft/extended-isupport")
    lines = [parse(line) for line in bar.ask("ISUPPORT")]
    assert {(line.command, line.params[0]) for line in lines} == {("005", "*")}


def test_with_both_capabilities_isupport_is_one_batch(bench: EngineHarness) -> None:
    bar = bench.dial("bar")
    bar.ask(f"CAP REQ :{' '.join(CAPS)}")
    tokens = held_together(bar.ask("ISUPPORT"))
    assert "CASEMAPPING=ascii" in tokens.split()
    welcome = bar.ask("NICK bar", "USER bar 0 * :Bar", "CAP END")
    inside = [line for line in welcome if " 005 " in line or " BATCH " in line]
    assert welcome.index(inside[0]) == 4
    assert held_together(inside) == tokens
    assert held_together(bar.ask("VERSION")[1:]) == tokens


def test_a_labelled_request_labels_the_batch(bench: EngineHarness) -> None:
    alice = bench.connect("alice", "labeled-response", *CAPS)
    first, *others = map(parse, alice.ask("@label=i1 ISUPPORT"))
    assert (first.tags, first.params[1]) == ({"label": "i1"}, "draft/isupport")
    assert all("label" not in line.tags for line in others)


def test_a_batch_within_a_labelled_response_is_nested(bench: EngineHarness) -> None:
    alice = bench.connect("alice", "labeled-response", *CAPS)
    outer, version, inner, *rest = map(parse, alice.ask("@label=v1 VERSION"))
    reference = outer.params[0].removeprefix("+")
    assert (outer.params[1], version.command, inner.params[1]) == (
        "labeled-response",
        "351",
        "draft/isupport",
    )
    assert version.tags == inner.tags == {"batch": reference}
    assert {line.tags.get("batch") for line in rest} == {inner.params[0].removeprefix("+"), reference, None}


READ = "BOT CASEMAPPING CHANMODES CHATHISTORY ELIST EXCEPTS INVEX MONITOR MSGREFTYPES PREFIX STATUSMSG TARGMAX UTF8ONLY"
LENGTHS = "AWAYLEN CHANNELLEN KEYLEN KICKLEN NAMELEN NICKLEN TOPICLEN USERLEN"


def test_required_tokens_are_present_and_well_formed(make_bench: MakeBench) -> None:
    """Each token has at most one `=`."""
    (alice,) = people(make_bench(servername="A=B \\ Ж"), "alice")
    lines = [parse(line) for line in alice.ask("ISUPPORT")]
    assert all(len(line.params) <= 15 and " ".join(line.params).isascii() for line in lines)
    words = [token.partition("=") for line in lines for token in line.params[1:-1]]
    tokens = {name: value for name, _, value in words}
    assert set(f"{READ} {LENGTHS} WHOX NETWORK CHANTYPES".split()) <= tokens.keys()
    assert not [value for value in tokens.values() if "=" in value or " " in value]
    assert tokens["NETWORK"] == r"A\x3DB\x20\x5C\x20\xD0\x96"
    assert tokens["ELIST"] == "CMNTU"
    lists, _, _, flags = tokens["CHANMODES"].split(",")
    assert {"e", "I"} <= set(lists)
    assert "C" in flags
    most = dict(word.split(":") for word in tokens["TARGMAX"].split(","))
    assert (most["JOIN"], most["KICK"], most["NAMES"]) == ("", "", "1")
    assert int(most["PRIVMSG"]) >= 3


def test_the_icon_is_announced_if_it_is_set(make_bench: MakeBench) -> None:
    (alice,) = people(make_bench(), "alice")
    assert not [line for line in alice.ask("ISUPPORT") if "ICON" in line]
    icon = "https://chat.example/icon.png?size=64"
    (bob,) = people(make_bench(icon=icon), "bob")
    tokens = [token for line in bob.ask("ISUPPORT") for token in parse(line).params]
    assert r"draft/ICON=https://chat.example/icon.png?size\x3D64" in tokens


def test_the_longest_values_fit_their_lines(make_bench: MakeBench) -> None:
    icon = f"https://chat.example/{'i' * 279}"
    nick = "n" * 64
    bench = make_bench(icon=icon, servername="\u0416" * 64, nick_length=64)
    lines = people(bench, nick)[0].ask("ISUPPORT")
    assert all(len(line.encode()) <= 510 and line.endswith("are supported by this server") for line in lines)
    assert any(f" draft/ICON={icon} " in line for line in lines)
    network = r"\xD0\x96" * 39
    assert any(f" NETWORK={network} " in line for line in lines)
