"""Texts that the server shortens to a limit end between graphemes (UAX #29)."""

import pytest

from app.wire.framing import MAX_LINE_BYTES
from app.wire.line import parse
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, people

ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
KEYCAP = "1\ufe0f\u20e3"
SYLLABLE = "\u1112\u1161\u11ab"
VOWEL_SIGN = "\u0928\u093f"


@pytest.mark.parametrize("grapheme", [ENGLAND, FAMILY, KEYCAP, SYLLABLE, VOWEL_SIGN])
@pytest.mark.parametrize("command", ["TOPIC #tea", "KICK #tea bob", "AWAY", "RENAME #tea #chai"])
def test_text_is_shortened_between_graphemes(make_bench: MakeBench, grapheme: str, command: str) -> None:
    bench = make_bench(topic_length=3 * len(grapheme) - 1)
    alice = bench.connect("alice")
    watcher = bench.connect("bob", "away-notify", "draft/channel-rename")
    gather(bench, "#tea", "alice", "bob")
    alice.send(f"{command} :{grapheme * 3}")
    assert parse(watcher.heard()[-1]).params[-1] == grapheme * 2


@pytest.mark.parametrize("grapheme", [ENGLAND, FAMILY, KEYCAP, SYLLABLE, VOWEL_SIGN])
def test_relayed_line_is_cut_between_graphemes(bench: EngineHarness, grapheme: str) -> None:
    alice, bob = gather(bench, "#tea", "alice", "bob")
    size = len(grapheme.encode())
    count = (MAX_LINE_BYTES - len("QUIT :\r\n")) // size
    alice.send(f"QUIT :{grapheme * count}")
    (heard,) = bob.heard()
    start, _, text = heard.partition(" :Quit: ")
    assert start == ":alice!~alice@127.0.0.1 QUIT"
    assert text == grapheme * (len(text) // len(grapheme))
    assert MAX_LINE_BYTES - size < len(f"{heard}\r\n".encode()) <= MAX_LINE_BYTES


def test_long_real_name_is_cut_between_graphemes(bench: EngineHarness) -> None:
    alice = bench.dial("alice")
    alice.send("NICK alice", f"USER alice 0 * :{'x' * 125}{ENGLAND}")
    assert parse(alice.ask("WHOIS alice")[0]).params[-1] == "x" * 125


def test_pseudoclient_splits_its_notices_between_graphemes(bench: EngineHarness) -> None:
    alice, _ = people(bench, "alice", "bob")
    alice.send(f"PRIVMSG bob :{ENGLAND * 16}")
    notices = [parse(line) for line in alice.ask("HS LAST bob")]
    texts = [line.params[-1] for line in notices[:-1]]
    assert "".join(texts).count(ENGLAND) == 16
    assert sum(text.count(ENGLAND) for text in texts) == 16
    assert len(texts) > 1
