"""Alerts: their texts, the limit, and the sequences for terminals."""

import base64
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.notifications.alerts import Alert, AlertLimit, to_alert
from app.client.notifications.sequences import encode_alert
from app.client.protocol.events import Message
from app.client.terminal.passthrough import Multiplexer, find_multiplexer, wrap

TEA = Alert("#tea", "bob", "hi")
DIRECT = Alert("walt", "walt", "psst", is_direct=True)


def test_the_first_alert_passes_and_those_within_a_second_are_combined() -> None:
    limit = AlertLimit()
    limit.add(TEA)
    assert limit.take(10.0) == TEA
    assert limit.take(10.0) is None
    limit.add(DIRECT)
    assert limit.take(10.9) is None
    assert limit.take(11.0) == DIRECT
    for _ in range(3):
        limit.add(TEA)
    assert limit.take(11.5) is None
    assert limit.take(12.0) == Alert("#tea", "", "3 messages in #tea")
    assert limit.take(13.0) is None


@pytest.mark.parametrize(
    ("rooms", "text"),
    [
        (["#a", "#b"], "2 messages in #a, #b"),
        (["bob", "bob"], "2 messages from bob"),
        (["#a", "#b", "#c", "#d"], "4 messages in #a, #b, #c and 1 other"),
        (["#a", "bob", "#c", "#d", "#e", "#e"], "6 messages in #a, bob, #c and 2 others"),
    ],
)
def test_a_summary_names_the_conversations(rooms: list[str], text: str) -> None:
    limit = AlertLimit()
    for room in rooms:
        limit.add(Alert(room, "bob", "hi", is_direct=not room.startswith("#")))
    found = limit.take(0.0)
    assert found is not None
    assert found.text == text


@given(steps=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 3)), max_size=30))
def test_there_is_at_most_one_alert_a_second_and_none_is_lost(steps: list[tuple[int, int]]) -> None:
    limit, now, shown, total = AlertLimit(), 0, [], 0
    second = 1024  # parts of a second that floating-point numbers represent exactly
    for parts, count in [*steps, (second, 0)]:
        now += parts
        for _ in range(count):
            limit.add(TEA)
        total += count
        if alert := limit.take(now / second):
            shown.append((now, 1 if alert == TEA else int(alert.text.split()[0])))
    assert sum(count for _, count in shown) == total
    assert all(later - earlier >= second for (earlier, _), (later, _) in itertools.pairwise(shown))


@pytest.mark.parametrize(
    ("alert", "means", "sequence"),
    [
        (TEA, "bell", "\a"),
        (TEA, "osc9", "\x1b]9;#tea: bob: hi\a"),
        (TEA, "osc777", "\x1b]777;notify;#tea;bob: hi\a"),
        (DIRECT, "osc9", "\x1b]9;walt: psst\a"),
        (DIRECT, "osc777", "\x1b]777;notify;walt;psst\a"),
        (Alert("4;3;", "bob", "hi"), "osc9", "\x1b]9;4,3,: bob: hi\a"),
        (Alert("#a;b", "bob", "x;y"), "osc777", "\x1b]777;notify;#a,b;bob: x;y\a"),
        (Alert("", "", "2 messages in #a, #b"), "osc9", "\x1b]9;chat: 2 messages in #a, #b\a"),
    ],
)
def test_alert_is_a_sequence(alert: Alert, means: str, sequence: str) -> None:
    assert encode_alert(alert, means, {}) == sequence


@given(
    text=st.text(max_size=50),
    author=st.text(min_size=1, max_size=9),
    means=st.sampled_from(["osc9", "osc777"]),
)
def test_text_cannot_end_the_sequence(text: str, author: str, means: str) -> None:
    sequence = encode_alert(to_alert(Message("#tea\x1b\\", author, text, 0)), means, {})
    assert sequence.startswith("\x1b]")
    assert sequence.endswith("\a")
    assert not [c for c in sequence[2:-1] if ord(c) < 32 or 127 <= ord(c) < 160]


def test_long_text_is_shortened() -> None:
    assert len(to_alert(Message("#tea", "bob", "x" * 5000, 0)).text) == 200


def test_a_multiplexer_forwards_the_sequence_but_rings_the_bell_itself() -> None:
    tmux, screen = {"TMUX": "/tmp/tmux-0/default,1,0"}, {"STY": "1.pts-0"}
    assert encode_alert(TEA, "osc9", tmux) == "\x1bPtmux;\x1b\x1b]9;#tea: bob: hi\a\x1b\\"
    assert encode_alert(TEA, "osc9", screen) == "\x1bP\x1b]9;#tea: bob: hi\a\x1b\\"
    assert encode_alert(TEA, "bell", tmux) == encode_alert(TEA, "bell", screen) == "\a"
    assert find_multiplexer(tmux | screen) is Multiplexer.TMUX
    assert find_multiplexer({"TMUX": ""}) is Multiplexer.NONE


@given(data=st.binary(max_size=2000))
def test_screen_receives_short_strings_that_join_to_the_sequence(data: bytes) -> None:
    sequence = f"\x1b]52;c;{base64.b64encode(data).decode()}\a"
    wrapped = wrap(sequence, Multiplexer.SCREEN)
    parts = wrapped.removeprefix("\x1bP").removesuffix("\x1b\\").split("\x1b\\\x1bP")
    assert "".join(parts) == sequence
    assert all(len(part) <= 250 for part in parts)
