"""A server cannot make the client keep more than its limits."""

from hypothesis import given
from hypothesis import strategies as st

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import Message, Reaction, Redacted
from app.client.timeline import timeline as timelines
from app.client.timeline.edge import EdgeState
from app.client.timeline.membership import MAX_MERGED_EVENTS
from app.client.timeline.reactions import MAX_REACTION_CHANGES, Reactions
from app.client.timeline.redactions import MAX_EARLY_REDACTIONS
from app.client.timeline.timeline import Timeline
from app.client.workspace import workspace as workspaces
from app.client.workspace.memory_limit import MAX_TIMELINE_BYTES
from app.client.workspace.workspace import Workspace
from tests.client.timeline.messages import NOON, joined


def create_workspace() -> Workspace:
    """Return the workspace of anna, in which nothing is a mention."""
    return Workspace(DisplayContext(nick="anna"), lambda message: False)


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(1, 400_000)), min_size=1, max_size=300))
def test_entries_are_limited_together(messages: list[tuple[int, int]]) -> None:
    workspace = create_workspace()
    workspace.show("#room1")
    for number, (room, length) in enumerate(messages):
        workspace.apply(
            Message(f"#room{room}", "bob", "x" * length, NOON + number, is_direct=False, msgid=f"m{number}")
        )
        total = sum(buffer.timeline.size for buffer in workspace.buffers.values())
        assert total <= MAX_TIMELINE_BYTES


def test_what_is_dropped_of_the_largest_room_can_be_loaded_again() -> None:
    workspace = create_workspace()
    text = "x" * (MAX_TIMELINE_BYTES // 40)
    for number in range(45):
        workspace.apply(Message("#big", "bob", text, NOON + number, msgid=f"m{number}"))
    timeline = workspace.open("#big").timeline
    assert timeline.find("m0") is None
    assert timeline.find("m44") is not None
    assert timeline.older.state is EdgeState.OPEN


def test_rooms_are_limited_and_the_silent_ones_removed() -> None:
    workspace = create_workspace()
    for number in range(workspaces.MAX_BUFFERS + 10):
        workspace.apply(Message(f"nick{number}", f"nick{number}", "hi", NOON + number, is_direct=True))
    assert len(workspace.buffers) == workspaces.MAX_BUFFERS
    assert workspaces.STATUS in workspace.buffers
    assert f"nick{workspaces.MAX_BUFFERS + 9}" in workspace.buffers


def test_reactions_to_a_message_are_limited() -> None:
    reactions = Reactions()
    for number in range(MAX_REACTION_CHANGES + 10):
        reactions.change(f"{number}", "bob", NOON)
    assert len(list(reactions)) == MAX_REACTION_CHANGES


def test_reactions_and_deletions_of_unknown_messages_are_limited() -> None:
    timeline = Timeline("#tea")
    for number in range(timelines.MAX_REACTED_MESSAGES + 10):
        timeline.react(Reaction("#tea", "bob", "👍", f"m{number}", NOON))
        timeline.redact(Redacted("#tea", "bob", f"r{number}", "", NOON))
    assert len(timeline.reactions) == timelines.MAX_REACTED_MESSAGES
    assert len(timeline.early_redactions) == MAX_EARLY_REDACTIONS


def test_joins_of_one_entry_are_limited() -> None:
    timeline = Timeline("#tea")
    for number in range(MAX_MERGED_EVENTS + 1):
        timeline.add_membership(joined(f"nick{number}"))
    assert len(timeline.entries) == 2


def test_messages_of_one_time_are_compared_with_the_latest_ones_only() -> None:
    timeline = Timeline("#tea")
    count = timelines.MAX_REPEATED_ENTRIES
    for number in [*range(count + 1), 1, count]:
        timeline.add_message(Message("#tea", "bob", "hi", NOON, msgid=f"m{number}"))
    assert len(timeline.entries) == count + 1
    timeline.add_message(Message("#tea", "bob", "hi", NOON, msgid="m0"))
    timeline.add_message(Message("#tea", "bob", "without an id", NOON))
    timeline.add_message(Message("#tea", "bob", "without an id", NOON))
    assert len(timeline.entries) == count + 4
