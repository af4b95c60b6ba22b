"""The thread of a message is shown beside the others, and followed."""

from pathlib import Path

from app.client.protocol.events import Reaction
from app.client.timeline.entry import to_entry
from app.client.timeline.thread import Thread
from tests.client.screen.screen_user import open_screen, scene
from tests.client.timeline.messages import NOON, message, timeline_of


@scene
async def test_a_thread_is_opened_followed_and_closed(tmp_path: Path) -> None:
    async with open_screen(tmp_path, columns=120) as anna:
        anna.server.send(
            "@msgid=m1 :bob!b@host PRIVMSG #tea :shall we have tea?",
            "@msgid=m2 :dave!d@host PRIVMSG #tea :the weather is fine",
            "@msgid=m3;+draft/reply=m1 :carol!c@host PRIVMSG #tea :yes please",
        )
        await anna.sees("yes please")
        await anna.press("alt+up", "alt+t")
        screen = await anna.sees("Thread: 2 messages")
        assert screen.count("shall we have tea?") == 3  # in both panes; quoted only where it is not above
        assert screen.count("the weather is fine") == 1
        anna.server.send("@msgid=m4;+draft/reply=m3 :bob!b@host PRIVMSG #tea :with milk")
        screen = await anna.sees("Thread: 3 messages")
        assert screen.count("with milk") == 2
        await anna.press("escape")
        screen = await anna.sees_no("Thread:")
        assert "1 member" in screen or "Members" in screen


@scene
async def test_a_thread_requires_a_selected_message(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        await anna.press("alt+t")
        await anna.sees("Select a message with Alt-Up")


@scene
async def test_a_narrow_terminal_shows_the_thread_alone(tmp_path: Path) -> None:
    async with open_screen(tmp_path, columns=50) as anna:
        anna.server.send("@msgid=m1 :bob!b@host PRIVMSG #tea :tea?", ":bob!b@host PRIVMSG #tea :fine")
        await anna.sees("fine")
        await anna.press("alt+up", "alt+up", "alt+t")
        await anna.sees("Thread: 1 message")
        await anna.sees_no("fine")
        await anna.press("escape")
        await anna.sees("fine")


def test_a_thread_gets_replies_from_older_pages_and_keeps_numbers() -> None:
    source = timeline_of([10])
    source.add_message(message(20, reply_to="m5"))
    source.add_message(message(30, reply_to="m20"))
    thread = Thread(source, source.entries[2])
    number = thread.timeline.end_number - 1
    assert [entry.msgid for entry in thread.timeline.entries] == ["m20", "m30"]
    source.prepend([to_entry(message(5)), to_entry(message(7, reply_to="m5"))])
    assert thread.update()
    assert [entry.msgid for entry in thread.timeline.entries] == ["m5", "m7", "m20", "m30"]
    assert thread.timeline.get_entry(number).msgid == "m30"


def test_a_reaction_is_counted_in_the_thread_as_well() -> None:
    source = timeline_of([1])
    thread = Thread(source, source.entries[0])
    source.react(Reaction("#tea", "bob", "👍", "m1", NOON))
    assert thread.update()
    assert thread.timeline.reactions["m1"]
    assert not thread.update()


def test_a_thread_moves_to_the_timeline_that_contains_its_own() -> None:
    source, live = timeline_of([1]), timeline_of([1, 2])
    thread = Thread(source, source.entries[0])
    live.add_message(message(3, reply_to="m1"))
    thread.move_to(live)
    assert thread.update()
    assert [entry.msgid for entry in thread.timeline.entries] == ["m1", "m3"]
