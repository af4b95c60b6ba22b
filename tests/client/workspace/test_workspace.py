"""Where the workspace puts what happens."""

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import AwayChanged, ConversationFound, Message, ModeChanged, TopicChanged
from app.client.workspace.workspace import Workspace
from tests.client.timeline.messages import NOON, texts


def test_away_is_shown_only_in_the_conversation_with_the_user() -> None:
    workspace = Workspace(DisplayContext(nick="anna"), lambda message: False)
    workspace.show("#tea")
    workspace.apply(Message("carol", "carol", "hi", NOON, is_direct=True, msgid="m1"))
    workspace.apply(AwayChanged("carol", "lunch", NOON))
    workspace.apply(AwayChanged("dave", "lunch", NOON))
    assert texts(workspace.open("carol").timeline) == ["hi", "carol is away: lunch"]
    assert texts(workspace.open("#tea").timeline) == []
    assert "dave" not in workspace.buffers


def test_events_of_a_room_do_not_repeat_its_name() -> None:
    workspace = Workspace(DisplayContext(nick="anna"), lambda message: False)
    workspace.apply(TopicChanged("#tea", "Oolong", "bob", NOON))
    workspace.apply(TopicChanged("#tea", "", "bob", NOON))
    workspace.apply(ModeChanged("#tea", "+m", "bob", NOON))
    assert texts(workspace.open("#tea").timeline) == [
        "bob set the topic: Oolong",
        "bob removed the topic",
        "bob set mode +m",
    ]


def test_a_conversation_of_former_starts_is_listed_with_nothing_unread() -> None:
    workspace = Workspace(DisplayContext(nick="anna"), lambda message: False)
    workspace.apply(ConversationFound("bob", NOON))
    buffer = workspace.buffers["bob"]  # type: ignore[index]
    assert (buffer.timeline.is_direct, buffer.unread, buffer.active_at) == (True, 0, NOON)
