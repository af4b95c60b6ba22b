"""A closed conversation stays closed, also after a restart, until something new is said in it."""

from pathlib import Path

from app.client.protocol.events import ConversationFound
from app.client.screen.state.closed_conversations import ClosedConversations
from app.client.storage.stored_list import CLOSED, MAX_ENTRIES, StoredList
from tests.client.screen.screen_user import open_screen, scene

SAID_AT = 1_795_348_801_000  # 12:00:01


def restarted(folder: Path) -> ClosedConversations:
    return ClosedConversations(StoredList(folder, CLOSED, "test"))


@scene
async def test_a_closed_conversation_is_not_listed_at_the_next_start(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.server.send("@msgid=a;time=2026-11-22T12:00:01.000Z :Bob!~u@host PRIVMSG anna :hi")
        await anna.sees("Bob")
        await anna.press("alt+2", "alt+w")
        await anna.until(lambda screen: bool(StoredList(tmp_path, CLOSED, "test").load()), "a closed one")
    closed = restarted(tmp_path)
    assert closed.hides(ConversationFound("bob", SAID_AT))
    assert not closed.hides(ConversationFound("bob", SAID_AT + 1))
    assert not closed.hides(ConversationFound("carol", SAID_AT))


def test_a_full_disk_does_not_prevent_closing() -> None:
    closed = ClosedConversations(StoredList(Path("/dev/null"), CLOSED, "test"))
    closed.add("bob", 7)
    assert closed.hides(ConversationFound("bob", 7))


def test_only_the_latest_closed_conversations_are_kept(tmp_path: Path) -> None:
    closed = restarted(tmp_path)
    for number in range(MAX_ENTRIES + 1):
        closed.add(f"user{number}", 1)
    again = restarted(tmp_path)
    hidden = [again.hides(ConversationFound(f"user{number}", 1)) for number in (0, 1, MAX_ENTRIES)]
    assert hidden == [False, True, True]
