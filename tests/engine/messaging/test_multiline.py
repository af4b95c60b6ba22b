"""Multiline messages (IRCv3 draft/multiline)."""

import pytest

from app.services.history.history import History
from app.services.history.selection import HistorySelection
from app.text.sanitise import clean
from app.wire.line import parse
from tests.engine import history_clients
from tests.engine.harness import EngineHarness
from tests.engine.history_clients import page
from tests.engine.scenes import gather, people

CAPS = (*history_clients.CAPS, "draft/multiline", "draft/message-redaction")
LINES = (
    "@batch=x PRIVMSG #tea hello",
    "@batch=x PRIVMSG #tea :",
    "@batch=x PRIVMSG #tea :how is ",
    "@batch=x;draft/multiline-concat PRIVMSG #tea :everyone?",
)
SENT = ("@label=l;+note=n BATCH +x draft/multiline #tea", *LINES, "BATCH -x")


def assert_whole(lines: list[str], **tags: str) -> None:
    """Assert that the client received the message as one batch."""
    first, *body, last = map(parse, lines)
    name = first.params[0].removeprefix("+")
    assert (first.command, first.params[1:]) == ("BATCH", ["draft/multiline", "#tea"])
    assert (last.command, last.params) == ("BATCH", [f"-{name}"])
    assert {key: first.tags[key] for key in tags} == tags
    assert [line.tags.pop("batch") for line in body] == [name] * 4
    assert [line.params for line in body] == [
        ["#tea", text] for text in ("hello", "", "how is ", "everyone?")
    ]
    assert [line.tags for line in body] == [{}, {}, {}, {"draft/multiline-concat": ""}]


def test_clients_get_a_batch_or_separate_lines(bench: EngineHarness) -> None:
    for name, caps in (("bob", CAPS), ("alice", CAPS), ("carol", history_clients.CAPS), ("dave", ())):
        bench.connect(name, *caps)
    bob, alice, carol, dave = gather(bench, "#tea", "bob", "alice", "carol", "dave")
    people(bench, "bob", "alice", "carol", "dave")
    assert bob.ask(*SENT[:-1]) == []
    echo = bob.ask(SENT[-1])
    msgid, time = (parse(echo[0]).tags[key] for key in ("msgid", "time"))
    common = {"msgid": msgid, "time": time, "+note": "n"}
    assert_whole(echo, label="l", **common)
    heard = alice.heard()
    assert_whole(heard, **common)
    assert "label" not in heard[0]
    lines = [parse(line) for line in carol.heard()]
    assert [line.params[1] for line in lines] == ["hello", "how is ", "everyone?"]
    assert [line.tags for line in lines] == [
        common,
        {"time": time, "+note": "n"},
        {"time": time, "+note": "n"},
    ]
    assert dave.heard() == [
        f":bob!~bob@127.0.0.1 PRIVMSG #tea :{words}" for words in ("hello", "how is ", "everyone?")
    ]


def test_history_returns_multiline_messages_as_sent(bench: EngineHarness) -> None:
    bob = bench.connect("bob", *CAPS)
    gather(bench, "#tea", "bob")
    echo = bob.ask(*SENT[:1], *LINES, "BATCH -x")
    for newcomer in ("carol", "dora"):
        shown = bob.ask("CHATHISTORY LATEST #tea * 10")
        outer = parse(shown[0]).params[0].removeprefix("+")
        inner = [line.replace(f"batch={outer};", "").replace(f"@batch={outer} ", "") for line in shown[1:-1]]
        assert_whole(inner, msgid=parse(echo[0]).tags["msgid"], time=parse(echo[0]).tags["time"])
        assert parse(shown[1]).tags["batch"] == parse(shown[-2]).tags["batch"] == outer
        plain = bench.connect(newcomer)
        plain.send("JOIN #tea")
        texts = [line.params[-1].rpartition("] ")[2] for line in plain.hears("PRIVMSG")]
        assert texts == ["hello", "how is everyone?"]
        bench.restart()
        bob = bench.connect("bob", *CAPS)
        gather(bench, "#tea", "bob")


def test_redaction_removes_all_lines(bench: EngineHarness) -> None:
    bob = bench.connect("bob", *CAPS)
    gather(bench, "#tea", "bob")
    echo = bob.ask(*SENT)
    bob.ask(f"REDACT #tea {parse(echo[0]).tags['msgid']}")
    assert page(bob, "LATEST #tea * 10") == []


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["@batch=y PRIVMSG #tea :a"], "MULTILINE_INVALID"),
        (["@batch=x PRIVMSG #milk :a"], "MULTILINE_INVALID_TARGET #tea #milk"),
        (["@batch=x PRIVMSG #tea :a", "@batch=x NOTICE #tea :b"], "MULTILINE_INVALID"),
        (
            ["@batch=x PRIVMSG #tea :a", "@batch=x;draft/multiline-concat PRIVMSG #tea :"],
            "MULTILINE_INVALID",
        ),
        (["@batch=x PRIVMSG #tea :a"] * 33, "MULTILINE_MAX_LINES 32"),
        (["@batch=x PRIVMSG #tea :" + "a" * 400] * 11, "MULTILINE_MAX_BYTES 4096"),
        (["@batch=x PRIVMSG #tea :a", "BATCH +y draft/multiline #tea"], "MULTILINE_INVALID"),
    ],
)
def test_a_protocol_violation_is_refused_at_once(bench: EngineHarness, lines: list[str], answer: str) -> None:
    bench.connect("bob", *CAPS)
    alice, bob = gather(bench, "#tea", "alice", "bob")
    assert bob.ask("@label=l BATCH +x draft/multiline #tea", *lines[:-1]) == []
    (told,) = bob.ask(lines[-1])
    assert f":irc.example FAIL BATCH {answer} :" in told
    if not lines[-1].startswith("BATCH"):
        assert parse(told).tags["label"] == "l"
        assert bob.ask("@batch=x PRIVMSG #tea :more", "BATCH -x") == []
        assert alice.heard() == []
    assert [parse(line).command for line in bob.ask("PING x")] == ["PONG"]


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["BATCH +x draft/multiline #tea", "BATCH -x"], "MULTILINE_INVALID"),
        (
            ["BATCH +x draft/multiline #tea", *["@batch=x PRIVMSG #tea :"] * 2, "BATCH -x"],
            "MULTILINE_INVALID",
        ),
        (["BATCH -x"], "MULTILINE_INVALID"),
        (["@batch=x PRIVMSG #tea :a"], "MULTILINE_INVALID"),
        (["BATCH +x netsplit #tea"], "UNKNOWN_TYPE netsplit"),
        (["BATCH +x"], "UNKNOWN_TYPE *"),
    ],
)
def test_empty_or_invalid_batches_are_refused(bench: EngineHarness, lines: list[str], answer: str) -> None:
    bench.connect("bob", *CAPS)
    alice, bob = gather(bench, "#tea", "alice", "bob")
    (told,) = bob.ask(*lines)
    assert f":irc.example FAIL BATCH {answer} :" in told
    assert alice.heard() == []


def test_a_forbidden_message_is_refused_at_the_end(bench: EngineHarness) -> None:
    bob = bench.connect("bob", *CAPS)
    gather(bench, "#tea", "alice")
    (told,) = bob.ask(*SENT)
    assert "404 bob #tea" in told
    assert parse(told).tags["label"] == "l"
    long = [line.replace("hello", "h" * 480) for line in SENT]
    gather(bench, "#tea", "bob")
    (told,) = bob.ask(*long)
    assert " 417 bob " in told


def test_multiline_needs_the_capability(bench: EngineHarness) -> None:
    bob = bench.connect("bob", *history_clients.CAPS)
    gather(bench, "#tea", "bob")
    (told,) = bob.ask("BATCH +x draft/multiline #tea")
    assert " FAIL BATCH UNKNOWN_TYPE draft/multiline :" in told


def test_exports_contain_the_whole_message(bench: EngineHarness) -> None:
    bob = bench.connect("bob", *CAPS)
    gather(bench, "#tea", "bob")
    bob.ask(*SENT)
    entries = list(History(bench.database, HistorySelection()).entries())
    assert [entry.text for entry in entries] == ["hello\n\nhow is everyone?"]
    assert clean(entries[0].text) == "hello  how is everyone?"


def test_the_capability_advertises_its_limits(bench: EngineHarness) -> None:
    assert any(
        "draft/multiline=max-bytes=4096,max-lines=32" in line for line in bench.dial("b").ask("CAP LS 302")
    )
