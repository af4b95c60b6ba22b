"""Old messages carry their time in the text, whatever their length, without server-time."""

import re
from collections.abc import Callable

import pytest
from wcwidth import iter_graphemes

from app.wire.framing import MAX_LINE_BYTES
from app.wire.line import parse
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import CAPS

FLAG = "\U0001f1f5\U0001f1f1"  # two code points, eight bytes, one grapheme
LINE = 470  # bytes of text that fit into a line to a room with a short name
TEXTS = {
    "a full line": "x" * LINE,
    "words": "word " * 93 + "word",
    "two-byte letters": "я" * (LINE // 2),
    "graphemes": "." + FLAG * (LINE // 8),
    "an action": f"\x01ACTION {'y' * (LINE - 10)}\x01",
    "a short action": "\x01ACTION waves\x01",
    "a short text": "hi",
}
STAMP = r"\[2026-11-18 11:06:40 UTC\] "
Ask = Callable[[HarnessClient], list[str]]


def replay(person: HarnessClient) -> list[str]:
    return person.ask("JOIN #tea")


def joined(line: str) -> Ask:
    """Return a function that joins the room and returns the replies to a further request."""

    def ask(person: HarnessClient) -> list[str]:
        person.send("CAP REQ draft/chathistory", "JOIN #tea")
        return person.ask(line)

    return ask


WAYS = {
    "replay": replay,
    "CHATHISTORY": joined("CHATHISTORY LATEST #tea * 9"),
    "PLAY": joined("ZNC *playback PLAY #tea 0"),
    "SEARCH": joined("SEARCH in=#tea"),
}


def shown(lines: list[str]) -> str:
    """Assert that every line with a message carries its time and fits; return the whole text."""
    text = ""
    for line in lines:
        assert len(line.encode()) + 2 <= MAX_LINE_BYTES
        if parse(line).command in ("PRIVMSG", "NOTICE"):
            match = re.fullmatch(f"(\x01ACTION )?{STAMP}([^\x01]*)(\x01?)", parse(line).params[-1])
            assert match is not None, line
            assert bool(match[1]) == bool(match[3])
            assert FLAG not in text or set(iter_graphemes(match[2])) == {FLAG}
            text += match[2]
    return text


@pytest.mark.parametrize("verb", ["PRIVMSG", "NOTICE"])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("text", TEXTS)
def test_old_messages_carry_their_time(bench: EngineHarness, text: str, way: str, verb: str) -> None:
    alice = bench.connect("alice", *CAPS)
    alice.send("JOIN #tea", f"{verb} #tea :{TEXTS[text]}")
    assert shown(WAYS[way](bench.connect("bob"))) == TEXTS[text].removeprefix("\x01ACTION ").strip("\x01")


@pytest.mark.parametrize("caps", [(), ("batch",), ("message-tags",), ("batch", "draft/multiline")])
@pytest.mark.parametrize("way", WAYS)
def test_old_multiline_messages_carry_their_time(
    bench: EngineHarness, way: str, caps: tuple[str, ...]
) -> None:
    alice = bench.connect("alice", *CAPS, "draft/multiline")
    first, rest = "BATCH +x draft/multiline #tea", "@batch=x;draft/multiline-concat PRIVMSG #tea :"
    alice.send(
        *("JOIN #tea", first, "@batch=x PRIVMSG #tea :one", "@batch=x PRIVMSG #tea :"),
        *("@batch=x PRIVMSG #tea :" + "z" * LINE, rest + "я" * 200, rest + " end", "BATCH -x"),
    )
    lines = [line for line in WAYS[way](bench.connect("bob", *caps)) if "PRIVMSG" in line]
    assert [parse(line).command for line in lines] == ["PRIVMSG"] * 3
    untagged = [line.partition(" ")[2] if line.startswith("@") else line for line in lines]
    assert shown(untagged) == "one" + "z" * LINE + "я" * 200 + " end"
    assert [("msgid" in parse(line).tags) for line in lines] == ["message-tags" in caps, False, False]


def test_histserv_repeats_the_time_in_every_line(bench: EngineHarness) -> None:
    alice = bench.connect("alice", *CAPS)
    alice.send("JOIN #tea", *(f"PRIVMSG #tea :{text}" for text in TEXTS.values()))
    notices = [parse(line) for line in alice.ask("HS LAST #tea")][:-1]
    found = [
        re.fullmatch(rf"{STAMP}(\* alice|alice:) (.*) \([0-9a-z]+\)", line.params[-1]) for line in notices
    ]
    assert all(found)
    texts = [(match[1], match[2]) for match in found if match]
    for text in TEXTS.values():
        head = "* alice" if "ACTION" in text else "alice:"
        whole, text = "", text.removeprefix("\x01ACTION ").strip("\x01")
        while len(whole) < len(text):
            sender, part = texts.pop(0)
            assert sender == head
            whole += part
        assert whole == text
    assert texts == []
