"""The status line: connection, lag, and who is typing."""

from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.protocol.events import Message, Phase, PhaseChanged, Quit, Typing, TypingState
from app.client.screen.options import ScreenOptions
from app.client.screen.state.connection_status import ConnectionStatus
from app.client.screen.state.own_typing import OwnTyping
from app.client.screen.state.typing_users import TypingUsers, describe_typing
from app.client.screen.widgets.status_line import Status, format_lag
from app.client.timeline.timeline import Timeline
from app.client.workspace.buffer import Buffer
from app.client.workspace.unread_times import UnreadTimes
from tests.client.screen.screen_user import ScreenUser, open_screen, scene


def types(anna: ScreenUser, nick: str, state: str = "active") -> None:
    anna.server.send(f"@+typing={state} :{nick}!u@host TAGMSG #tea")


@scene
async def test_who_is_typing_is_shown_until_the_message_arrives(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        types(anna, "bob")
        await anna.sees("bob is typing …")
        types(anna, "carol")
        await anna.sees("bob and carol are typing …")
        types(anna, "bob", "done")
        await anna.sees("carol is typing …")
        anna.server.send(":carol!u@host PRIVMSG #tea :done")
        await anna.sees_no("typing")


@scene
async def test_others_are_told_that_we_are_typing(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press(*"hello")
        anna.receives("@+typing=active TAGMSG #tea")


@pytest.mark.parametrize(("text", "sends"), [("/join #ops", True), ("hello", False)])
@scene
async def test_others_are_not_told_of_commands_or_if_that_is_not_wanted(
    tmp_path: Path, text: str, sends: bool
) -> None:
    async with open_screen(tmp_path, options=ScreenOptions(sends_typing=sends)) as anna:
        await anna.type(text)
        anna.receives("JOIN #ops" if sends else "@label=* PRIVMSG #tea hello")


def test_typing_expires_after_six_seconds() -> None:
    users = TypingUsers()
    users.apply(Typing("#tea", "bob", TypingState.ACTIVE), 10.0)
    assert users.nicks("#TEA", 15.9) == ["bob"]
    assert users.nicks("#tea", 16.0) == []


def test_typing_ends_when_the_user_leaves_or_pauses() -> None:
    users = TypingUsers()
    for nick in ("bob", "carol", "dave"):
        users.apply(Typing("#tea", nick, TypingState.ACTIVE), 0.0)
    users.apply(Quit("bob", ("#tea",), "", 0), 1.0)
    users.apply(Typing("#tea", "carol", TypingState.PAUSED), 1.0)
    users.apply(Message("#tea", "dave", "hi", 0), 1.0)
    assert users.nicks("#tea", 1.0) == []


def test_several_users_who_are_typing_are_counted() -> None:
    texts = [describe_typing(["bob", "carol", "dave", "erin"][:count]) for count in range(5)]
    assert texts == [
        "",
        "bob is typing …",
        "bob and carol are typing …",
        "bob, carol and 1 more are typing …",
        "bob, carol and 2 more are typing …",
    ]


def test_the_connection_counts_down_to_the_next_attempt_and_says_why() -> None:
    status = ConnectionStatus()
    status.apply(PhaseChanged(Phase.ONLINE, "anna"), 0.0)
    assert status.describe(0.0) == "connected"
    status.apply(PhaseChanged(Phase.LOST, "The server closed the connection."), 1.0)
    assert status.describe(1.0) == "disconnected: The server closed the connection."
    status.apply(PhaseChanged(Phase.RECONNECTING, "", 8.0), 1.0)
    assert status.describe(3.0) == "reconnecting in 6 s: The server closed the connection."
    assert status.describe(9.5) == "reconnecting …: The server closed the connection."
    status.apply(PhaseChanged(Phase.RECONNECTING, "Connection refused.", 16.0), 10.0)
    assert status.describe(10.0) == "reconnecting in 16 s: Connection refused."


@given(st.integers(0, 10**9))
def test_the_lag_has_a_unit(lag_ms: int) -> None:
    assert format_lag(lag_ms).endswith((" ms", " s"))


def test_the_status_shows_our_nick_and_messages_below() -> None:
    status = Status("anna", True, "connected", 20, has_more_below=True, end_key="Ctrl-End")
    assert status.describe() == "anna (guest) · connected · more below (Ctrl-End) · lag 20 ms"


@scene
async def test_the_status_names_the_key_of_the_help(tmp_path: Path) -> None:
    async with open_screen(tmp_path, options=ScreenOptions(keys={"help": "f12"})) as anna:
        await anna.sees("connected · F12 help")


def test_unread_messages_precede_typing_users() -> None:
    ops = Buffer(Timeline("#ops"), UnreadTimes(array("q", [1, 2]), array("q", [2])))
    status = Status("anna", False, "connected", typing=["carol"], unread=[ops])
    assert status.describe() == "anna · connected · #ops @1 2 · carol is typing …"


def test_a_pause_while_typing_is_reported_once() -> None:
    sent: list[TypingState] = []
    typing = OwnTyping(lambda room, state: sent.append(state))
    typing.type("#tea", "hel", 10.0)
    typing.update(14.9)
    assert sent == [TypingState.ACTIVE]
    typing.update(15.0)
    typing.update(21.0)
    typing.type("#tea", "hell", 22.0)
    typing.leave("hell")
    assert sent[1:] == [TypingState.PAUSED, TypingState.ACTIVE, TypingState.DONE]


def test_commands_and_what_precedes_the_first_room_are_not_reported() -> None:
    sent: list[TypingState] = []
    typing = OwnTyping(lambda room, state: sent.append(state))
    typing.type("", "hello", 1.0)
    typing.leave("hello")
    assert not sent
    typing.type("#tea", "/join #ops", 2.0)
    typing.update(60.0)
    assert sent == [TypingState.DONE]
