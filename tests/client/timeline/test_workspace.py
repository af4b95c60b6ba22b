"""Where the workspace puts what happens."""

from app.client.display.event_text import DisplayContext
from app.client.protocol.events import AwayChanged, Message
from app.client.timeline.workspace import Workspace
from tests.client.timeline.messages import NOON, texts


def test_who_is_away_is_told_only_in_the_conversation_with_the_user() -> None:
    workspace = Workspace(DisplayContext(nick="anna"), lambda message: False)
    workspace.show("#tea")
    workspace.apply(Message("carol", "carol", "hi", NOON, is_direct=True, msgid="m1"))
    workspace.apply(AwayChanged("carol", "lunch", NOON))
    workspace.apply(AwayChanged("dave", "lunch", NOON))
    assert texts(workspace.open("carol").timeline) == ["hi", "carol is away: lunch"]
    assert texts(workspace.open("#tea").timeline) == []
    assert "dave" not in workspace.buffers
