"""Typing notifications, lag, and when unread messages count as read."""

from datetime import UTC
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.display.display_context import DisplayContext
from app.client.protocol import intents
from app.client.protocol.events import LagMeasured, Message, Typing, TypingState, UnreadMessages
from app.client.storage.client_storage import ClientStorage
from app.client.ui.commands.table import slash_commands
from app.client.ui.controller import Controller
from app.client.ui.read_policy import MARK_BY_VIEW, MARK_WHEN_SHOWN, ReadPolicy
from tests.client.harness import ClientHarness, online_client
from tests.client.ui.test_defects import OfflineSession


def test_typing_of_others_is_an_event_of_its_conversation() -> None:
    client = online_client()
    client.receive(
        "@+typing=active :bob!b@h TAGMSG #tea",
        "@+typing=paused :bob!b@h TAGMSG anna",
        "@+typing=done :carol!c@h TAGMSG #tea",
        "@+typing=active :anna!a@h TAGMSG #tea",
        "@+typing=dancing :bob!b@h TAGMSG #tea",
        "@+typing :bob!b@h TAGMSG #tea",
    )
    assert client.events == [
        Typing("#tea", "bob", TypingState.ACTIVE),
        Typing("bob", "bob", TypingState.PAUSED),
        Typing("#tea", "carol", TypingState.DONE),
    ]
    assert not client.shown


def _type(client: ClientHarness, *states: TypingState, target: str = "#tea", seconds: int = 3) -> list[str]:
    """Report these states at intervals, and return what was sent."""
    for state in states:
        client.now += seconds * 1000
        client.state.now = client.now
        client.execute(intents.send_typing, target, state)
    sent = list(client.sent)
    client.clear()
    return sent


def test_typing_is_sent_at_most_every_three_seconds() -> None:
    client = online_client()
    assert _type(client, *[TypingState.ACTIVE] * 7, seconds=1) == ["@+typing=active TAGMSG #tea"] * 3
    assert _type(client, TypingState.ACTIVE, target="bob", seconds=0) == ["@+typing=active TAGMSG bob"]


def test_pause_and_end_of_typing_are_sent_once() -> None:
    active, paused, done = TypingState
    client = online_client()
    assert _type(client, done, paused) == []
    sent = _type(client, active, paused, paused, active, done, done, paused)
    assert sent == [f"@+typing={state} TAGMSG #tea" for state in ("active", "paused", "active", "done")]


def test_message_ends_typing_by_itself() -> None:
    client = online_client()
    _type(client, TypingState.ACTIVE)
    client.execute(intents.send_message, "#tea", "hello")
    client.clear()
    assert _type(client, TypingState.DONE, TypingState.PAUSED) == []


@given(st.lists(st.tuples(st.sampled_from(TypingState), st.integers(0, 4)), max_size=20))
def test_notifications_to_a_target_are_never_closer_than_the_interval(
    changes: list[tuple[TypingState, int]],
) -> None:
    client = online_client()
    sent_at = []
    for state, seconds in changes:
        if _type(client, state, seconds=seconds):
            sent_at.append(client.now)
    assert all(later - earlier >= 3_000 for earlier, later in pairwise(sent_at))


@pytest.mark.parametrize(
    ("caps", "isupport", "target"),
    [
        ("message-tags", "", "NickServ"),
        ("message-tags", "", "#elsewhere"),
        ("message-tags", "CLIENTTAGDENY=typing", "#tea"),
        ("message-tags", "CLIENTTAGDENY=*,-draft/react", "#tea"),
        ("server-time", "", "#tea"),
    ],
)
def test_typing_is_not_sent(caps: str, isupport: str, target: str) -> None:
    assert _type(online_client(caps, isupport), TypingState.ACTIVE, target=target) == []


def test_typing_is_sent_if_the_server_exempts_it() -> None:
    client = online_client("message-tags", "CLIENTTAGDENY=*,-typing")
    assert _type(client, TypingState.ACTIVE)


def test_lag_is_measured_at_intervals() -> None:
    client = online_client(lag_interval_milliseconds=30_000)
    connection = client.state.connection
    assert connection.lag_at(client.now) is None
    client.execute(intents.measure_lag_at_intervals)
    client.execute(intents.measure_lag_at_intervals)
    client.play(f"> PING lag-{client.now}")
    assert connection.lag_at(client.now + 700) == 700
    ping, client.now = client.now, client.now + 250
    client.receive(":srv PONG srv lag-1", f":srv PONG srv lag-{ping}", f":srv PONG srv lag-{ping}")
    assert client.events == [LagMeasured(250)]
    assert (connection.lag_ms, connection.lag_at(client.now + 700)) == (250, 250)
    client.execute(intents.measure_lag_at_intervals)
    assert not client.sent
    client.state.now = ping + 30_000
    client.execute(intents.measure_lag_at_intervals)
    assert len(client.sent) == 1


def test_lag_is_not_measured_unless_the_view_asks_for_it() -> None:
    client = online_client()
    client.execute(intents.measure_lag_at_intervals)
    assert not client.sent


def test_driver_measures_the_lag() -> None:
    session = OfflineSession()
    session.driver.state.options.lag_interval_milliseconds = 30_000
    session.run(lambda: session.receive(":srv 001 anna :Welcome"), lambda: None)
    assert session.driver.state.connection.awaits_lag_pong


UNREAD = UnreadMessages("#tea", (Message("#tea", "bob", "hi", 5),), 1)


@pytest.mark.parametrize(("policy", "read_at"), [(MARK_WHEN_SHOWN, 5), (MARK_BY_VIEW, 0)])
@pytest.mark.parametrize("is_shown", [True, False])
def test_view_decides_when_messages_count_as_read(policy: ReadPolicy, read_at: int, is_shown: bool) -> None:
    session = OfflineSession()
    controller = Controller(
        session.driver,
        DisplayContext(zone=UTC),
        session.shown.append,
        slash_commands(),
        ClientStorage(),
        read_policy=policy,
    )
    room = session.driver.state.open_room("#tea")
    room.last_at = 5
    session.run((lambda: controller.show(UNREAD)) if is_shown else controller.end)
    assert room.read_at == read_at
