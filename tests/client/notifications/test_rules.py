"""How much attention a message deserves."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.notifications.rules import Attention, Circumstances, NotificationRules, decide
from app.client.protocol.events import Message
from app.text.daily_periods import parse_daily_period
from app.wire.names import fold

NOON, MIDNIGHT = datetime(2026, 11, 22, 12), datetime(2026, 11, 22)
RULES = NotificationRules(("kettle",), (parse_daily_period("22:00-07:00"),))
USUAL = Circumstances("anna", NOON, read_at=100)

MENTION = Message("#tea", "bob", "anna: hi", 200)
OTHER = Message("#tea", "bob", "hello", 200)
DIRECT = Message("bob", "bob", "hello", 200, is_direct=True)


@pytest.mark.parametrize(
    ("message", "attention"),
    [
        (MENTION, Attention.NOTIFY),
        (OTHER, Attention.COUNT),
        (DIRECT, Attention.NOTIFY),
        (replace(OTHER, text="the Kettle is on"), Attention.NOTIFY),
        (replace(MENTION, is_action=True), Attention.NOTIFY),
        (replace(MENTION, is_notice=True), Attention.NOTIFY),
        (replace(DIRECT, author="NickServ", text="anna is registered", is_notice=True), Attention.COUNT),
        (replace(MENTION, is_mine=True), Attention.NONE),
        (replace(DIRECT, is_mine=True), Attention.NONE),
        (replace(MENTION, at=100), Attention.NONE),
        (replace(DIRECT, at=99), Attention.NONE),
    ],
)
def test_attention_depends_on_the_message(message: Message, attention: Attention) -> None:
    assert decide(message, RULES, USUAL) is attention


@pytest.mark.parametrize(
    ("circumstances", "mention", "other"),
    [
        (replace(USUAL, muted={fold("#TEA")}), Attention.MENTION, Attention.COUNT),
        (replace(USUAL, local_time=MIDNIGHT), Attention.MENTION, Attention.COUNT),
        (replace(USUAL, is_watched=True), Attention.MENTION, Attention.NONE),
        (replace(USUAL, nick="carol"), Attention.COUNT, Attention.COUNT),
        (replace(USUAL, muted={fold("#ops")}), Attention.NOTIFY, Attention.COUNT),
    ],
)
def test_attention_depends_on_the_circumstances(
    circumstances: Circumstances, mention: Attention, other: Attention
) -> None:
    assert decide(MENTION, RULES, circumstances) is mention
    assert decide(OTHER, RULES, circumstances) is other


@given(
    message=st.builds(
        Message,
        room=st.sampled_from(["#tea", "bob"]),
        author=st.just("bob"),
        text=st.sampled_from(["anna: hi", "hello", "kettle"]),
        at=st.integers(0, 300),
        is_mine=st.booleans(),
        is_notice=st.booleans(),
        is_direct=st.booleans(),
    ),
    circumstances=st.builds(
        Circumstances,
        nick=st.just("anna"),
        local_time=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
        read_at=st.integers(0, 300),
        muted=st.sets(st.sampled_from([fold("#tea"), fold("bob")])),
        is_watched=st.booleans(),
    ),
)
def test_nothing_interrupts_that_should_not(message: Message, circumstances: Circumstances) -> None:
    attention = decide(message, RULES, circumstances)
    if message.is_mine or message.at <= circumstances.read_at:
        assert attention is Attention.NONE
    is_quiet = circumstances.local_time.hour >= 22 or circumstances.local_time.hour < 7
    if circumstances.is_watched or is_quiet or fold(message.room) in circumstances.muted:
        assert attention < Attention.NOTIFY
