"""What happened in a room before now: events in their place, without our own and without noise."""

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import (
    Joined,
    MembershipEvent,
    Parted,
    Phase,
    PhaseChanged,
    Quit,
    Replayed,
    TopicChanged,
)
from app.client.timeline.membership import summarise
from app.client.workspace.workspace import Workspace
from tests.client.timeline.messages import NOON, joined, message


def workspace_of(*numbers: int) -> Workspace:
    workspace = Workspace(DisplayContext(nick="anna"), lambda message: False)
    for number in numbers:
        workspace.apply(message(number))
    return workspace


def shown(workspace: Workspace) -> list[str]:
    """Return the texts and summaries in #tea."""
    entries = workspace.open("#tea").timeline.entries
    return [summarise(one.details.changes) if one.details else one.text for one in entries]


def replay(workspace: Workspace, *happened: MembershipEvent) -> None:
    workspace.apply(Replayed("#tea", happened))


def test_replayed_events_stand_between_the_messages_of_their_time() -> None:
    workspace = workspace_of(1, 3, 5)
    replay(
        workspace, joined("carol", NOON + 2_000), joined("dave", NOON + 2_500), joined("erin", NOON + 4_000)
    )
    assert shown(workspace) == ["text 1", "carol and dave joined", "text 3", "erin joined", "text 5"]


def test_our_own_coming_and_going_is_not_shown() -> None:
    workspace = workspace_of(1)
    mine = Joined("#tea", "anna", NOON, is_mine=True), Parted("#tea", "anna", "", NOON, is_mine=True)
    replay(workspace, *mine, Quit("anna", ("#tea",), "", NOON))
    assert shown(workspace) == ["text 1"]


def test_who_left_and_came_back_during_an_outage_is_not_shown() -> None:
    workspace = workspace_of(1)
    workspace.apply(PhaseChanged(Phase.LOST))
    quits = [Quit(nick, ("#tea",), "", NOON + 2_000) for nick in ("bob", "carol")]
    replay(workspace, *quits, joined("bob", NOON + 3_000), joined("dave", NOON + 3_000))
    assert shown(workspace)[-1] == "dave joined, carol left"


def test_returns_are_summarised_only_without_other_changes() -> None:
    left, back = Parted("#tea", "bob", "", NOON), joined("bob")
    assert summarise([left, back]) == "bob left and came back"
    assert summarise([left, back, joined("carol")]) == "carol joined"
    assert summarise([back, left]) == "bob joined and left"


def test_an_older_event_does_not_move_the_missed_heading() -> None:
    workspace = workspace_of(1)
    workspace.apply(PhaseChanged(Phase.LOST))
    workspace.apply(message(5))
    missed = workspace.open("#tea").missed
    replay(workspace, joined("carol", NOON + 3_000))
    assert workspace.open("#tea").missed == (missed or 0) + 1


def test_the_topic_is_shown_on_request_but_not_on_joining() -> None:
    workspace = workspace_of()
    workspace.apply(Joined("#tea", "anna", NOON, is_mine=True))
    topic = TopicChanged("#tea", "Oolong", "", NOON)
    workspace.apply(topic)
    assert shown(workspace) == []
    workspace.apply(topic)
    assert shown(workspace) == ["Topic: Oolong"]
