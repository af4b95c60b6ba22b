"""Older messages are loaded when the view is scrolled to the first ones."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import Direction, HistoryFetched
from app.client.screen.history_pager import HistoryPager
from app.client.timeline.entry import EntryKind
from app.client.timeline.timeline import Timeline
from tests.client.screen.screen_user import CAPABILITIES, ScreenUser, open_screen
from tests.client.timeline.messages import NOON, joined, message

HISTORY = f"{CAPABILITIES} draft/chathistory draft/event-playback"
Play = Callable[[ScreenUser], Awaitable[None]]


def lines_of(numbers: range) -> list[str]:
    """Return the lines of messages; each is sent in the minute of its number."""
    return [
        f"@batch=1;msgid=m{number};time=2026-11-22T{8 + number // 60:02}:{number % 60:02}:00.000Z"
        f" :bob!b@host PRIVMSG #tea :text {number}."
        for number in numbers
    ]


def send_page(anna: ScreenUser, *lines: str, is_last: bool = False) -> None:
    """Send a page of history."""
    tag = "@draft/chathistory-end " if is_last else ""
    anna.server.send(f"{tag}:srv BATCH +1 chathistory #tea", *lines, ":srv BATCH -1")


def play_in_history(folder: Path, play: Play) -> None:
    """Let anna join #tea, of which the messages 150 to 199 have been shown."""

    async def run() -> None:
        async with open_screen(folder, caps=HISTORY, lines=24) as anna:
            anna.receives("CHATHISTORY LATEST #tea ? 50")
            send_page(anna, *lines_of(range(150, 200)))
            await anna.sees("text 199.")
            await play(anna)

    asyncio.run(run())


async def page_up(anna: ScreenUser, text: str) -> None:
    """Scroll up until a text is visible."""
    while text not in anna.text():
        await anna.press("pageup")


def test_older_messages_are_loaded_without_moving_the_view(tmp_path: Path) -> None:
    async def play(anna: ScreenUser) -> None:
        await page_up(anna, "loading older messages")
        anna.receives("CHATHISTORY BEFORE #tea msgid=m150 100")
        row = next(row for row, line in enumerate(anna.lines()) if "text 150." in line)
        send_page(anna, *lines_of(range(50, 150)))
        await anna.sees("text 149.")
        assert "text 150." in anna.lines()[row]

    play_in_history(tmp_path, play)


def test_events_before_the_first_message_are_not_loaded_twice(tmp_path: Path) -> None:
    async def run() -> None:
        async with open_screen(tmp_path, caps=HISTORY) as anna:
            anna.receives("CHATHISTORY LATEST #tea ? 50")
            joined = "@batch=1;time=2026-11-22T08:00:00.000Z :carol!c@host JOIN #tea"
            send_page(anna, joined, *lines_of(range(150, 152)))
            await anna.sees("text 151.")
            anna.receives("CHATHISTORY BEFORE #tea timestamp=2026-11-22T08:00:00.000Z 100")

    asyncio.run(run())


def test_the_beginning_of_the_conversation_is_shown(tmp_path: Path) -> None:
    async def play(anna: ScreenUser) -> None:
        await page_up(anna, "loading older messages")
        anna.receives("CHATHISTORY BEFORE #tea msgid=m150 100")
        send_page(anna, *lines_of(range(148, 150)), is_last=True)
        await anna.sees("text 148.")
        await page_up(anna, "beginning of the conversation")

    play_in_history(tmp_path, play)


def test_a_refusal_is_shown_and_the_page_can_be_requested_again(tmp_path: Path) -> None:
    async def play(anna: ScreenUser) -> None:
        await page_up(anna, "loading older messages")
        anna.receives("CHATHISTORY BEFORE #tea msgid=m150 100")
        anna.server.send(":srv FAIL CHATHISTORY MESSAGE_ERROR BEFORE #tea :The disk is full")
        await anna.sees("cannot load: The disk is full; scroll up")
        await anna.press("pageup")
        anna.receives("CHATHISTORY BEFORE #tea msgid=m150 100")
        send_page(anna, *lines_of(range(100, 150)))
        await anna.sees("text 149.")

    play_in_history(tmp_path, play)


def test_a_reaction_in_history_counts_and_a_deletion_applies(tmp_path: Path) -> None:
    async def play(anna: ScreenUser) -> None:
        anna.server.send("@msgid=r1;time=2026-11-22T12:00:00.000Z :carol!c@host REDACT #tea m149 :spam")
        await page_up(anna, "loading older messages")
        send_page(
            anna,
            *lines_of(range(148, 150)),
            "@batch=1;msgid=r2;time=2026-11-22T10:30:00.000Z;+draft/reply=m148;+draft/react=👍"
            " :carol!c@host TAGMSG #tea",
        )
        await anna.sees(" 👍 1 ", "deleted by carol (spam)")

    play_in_history(tmp_path, play)


def test_an_original_that_is_not_loaded_is_shown_in_its_context(tmp_path: Path) -> None:
    async def play(anna: ScreenUser) -> None:
        anna.app.navigation.go_to_message("#tea", "m20")
        anna.receives("CHATHISTORY AROUND #tea msgid=m20 100")
        send_page(anna, *lines_of(range(70)))
        await anna.sees("text 20.")
        await anna.sees_no("text 199.")
        await anna.press("ctrl+end")
        await anna.sees("text 199.")

    play_in_history(tmp_path, play)


def test_a_context_joins_the_latest_messages_when_it_reaches_them(tmp_path: Path) -> None:
    async def play(anna: ScreenUser) -> None:
        anna.app.navigation.go_to_message("#tea", "m100")
        anna.receives("CHATHISTORY AROUND #tea msgid=m100 100")
        send_page(anna, *lines_of(range(60, 120)))
        await anna.sees("text 100.")
        while "loading newer messages" not in anna.text():
            await anna.press("pagedown")
        anna.receives("CHATHISTORY AFTER #tea msgid=m119 100")
        send_page(anna, *lines_of(range(120, 200)))
        await anna.sees("text 120.")
        while "text 199." not in anna.text():
            await anna.press("pagedown")
        timeline = anna.app.workspace.current.timeline
        texts = [entry.text for entry in timeline.entries if entry.is_message]
        assert texts == [f"text {number}." for number in range(60, 200)]

    play_in_history(tmp_path, play)


def test_a_message_that_is_gone_is_reported(tmp_path: Path) -> None:
    async def play(anna: ScreenUser) -> None:
        anna.app.navigation.go_to_message("#tea", "m1")
        anna.receives("CHATHISTORY AROUND #tea msgid=m1 100")
        anna.server.send(":srv FAIL CHATHISTORY MESSAGE_ERROR AROUND #tea :No such message")
        await anna.sees("Cannot show the message: No such message.")

    play_in_history(tmp_path, play)


def test_a_context_does_not_join_a_room_without_messages() -> None:
    live, requested = Timeline("#tea"), Requests()
    pager = HistoryPager(requested, DisplayContext(nick="anna"), lambda message: False)
    pager.find_live = lambda room: live
    reached: list[Timeline] = []
    pager.on_joined = lambda context, live: reached.append(context)
    contexts: list[Timeline] = []
    pager.load_around("#tea", "m5", contexts.append, lambda reason: None)
    page = tuple(message(number) for number in range(10))
    pager.handle(HistoryFetched("#tea", page, Direction.AROUND, "msgid=m5", False, "msgid=m0", "msgid=m9"))
    assert reached == []
    pager.load_newer(contexts[0])
    assert requested.last == ("#tea", Direction.AFTER, "msgid=m9")
    pager.handle(HistoryFetched("#tea", (), Direction.AFTER, "msgid=m9", True))
    assert reached == contexts
    assert [entry.msgid for entry in live.entries] == [f"m{number}" for number in range(10)]


def test_replayed_events_without_messages_are_not_loaded_twice() -> None:
    live, requested = Timeline("#tea"), Requests()
    pager = HistoryPager(requested, DisplayContext(nick="anna"), lambda message: False)
    pager.load_older(live)
    assert requested.last == ("#tea", Direction.LATEST, "*")
    live = Timeline("#tea")
    live.add_membership(joined("carol", at=NOON))
    live.add_text(EntryKind.EVENT, NOON - 1, "a text with the time of the client's own clock")
    pager.load_older(live)
    assert requested.last == ("#tea", Direction.BEFORE, "timestamp=2023-11-14T22:13:20.000Z")


class Requests:
    """Records which page was requested last."""

    last: tuple[str, Direction, str] | None = None

    def fetch(self, room: str, direction: Direction, reference: str, limit: int) -> None:
        """Record a request."""
        self.last = (room, direction, reference)


def test_events_before_the_unread_messages_are_above_them(tmp_path: Path) -> None:
    left = "@batch=1;time=2026-11-22T10:19:30.000Z :carol!c@host QUIT :bye"

    async def run() -> None:
        async with open_screen(tmp_path, caps=f"{HISTORY} draft/read-marker", lines=24) as anna:
            anna.receives("CHATHISTORY LATEST #tea ? 50")
            anna.server.send(":srv MARKREAD #tea timestamp=2026-11-22T10:19:00.000Z")
            send_page(anna, *lines_of(range(135, 140)), left, *lines_of(range(140, 145)))
            screen = await anna.sees("text 144.", "── new messages")
            assert screen.index("text 139.") < screen.index("carol quit") < screen.index("text 140.")

    asyncio.run(run())
