"""How the messages look, in terminals of several sizes, on dark and on light backgrounds."""

import asyncio
from datetime import UTC

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.app import App, ComposeResult

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import Joined, Message, Parted, Quote, Reaction, Redacted
from app.client.screen.theme import create_themes
from app.client.screen.widgets.message_view import MessageView
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import EntryKind
from app.client.timeline.outgoing import Outgoing, SendState
from app.client.timeline.timeline import Timeline
from tests.client.timeline.messages import NOON, message

DAY = 86_400
SIZES = [(80, 24), (200, 50), (50, 30)]


class SvgExtension(SingleFileSnapshotExtension):
    """Keeps each snapshot as an SVG file."""

    _write_mode = WriteMode.TEXT
    file_extension = "svg"


def create_conversation() -> Timeline:
    """Return a timeline with an entry of every kind."""
    timeline = Timeline("#tea", new_after=NOON + DAY * 1_000 + 4_000)
    timeline.older = Edge(EdgeState.COMPLETE)
    timeline.add_text(EntryKind.EVENT, NOON, "carol set the topic: What is brewing")
    timeline.add_message(
        message(1, "the kettle is on \N{HOT BEVERAGE}, and the tea will be ready in a minute or two")
    )
    timeline.add_message(
        message(2, "see https://example.org/brewing?leaves=green#times, \x02do not\x02 boil it")
    )
    timeline.react(Reaction("#tea", "anna", "👍", "m2", NOON))
    timeline.react(Reaction("#tea", "carol", "🫖", "m2", NOON))
    timeline.add_message(message(3, "漢字かな交じり文と한국어 and e\u0301 and 👨‍👩‍👧 and שלום", "carol"))
    for number in range(4):
        timeline.add_membership(Joined("#tea", f"guest{number}", NOON + number))
    timeline.add_membership(Parted("#tea", "guest1", "", NOON + 9))
    timeline.add_message(
        Message(
            "#tea",
            "anna",
            "yes, please",
            NOON + DAY * 1_000,
            is_mine=True,
            msgid="m4",
            reply_to="m1",
            quoted=Quote("bob", "the kettle is on"),
        )
    )
    timeline.add_message(message(DAY + 1, "buy cheap kettles", "mallory"))
    timeline.redact(Redacted("#tea", "carol", f"m{DAY + 1}", "advertising", NOON))
    mention = timeline.add_message(message(DAY + 5, "anna: one or two sugars?", "carol"), is_mention=True)
    assert mention.is_mention
    timeline.add_message(
        Message("#tea", "bob", "pours", NOON + DAY * 1_000 + 6_000, is_action=True, msgid="m6")
    )
    timeline.add_message(
        Message("#tea", "server", "maintenance at ten", NOON + DAY * 1_000 + 7_000, is_notice=True)
    )
    timeline.add_text(EntryKind.ERROR, NOON + DAY * 1_000 + 8_000, "! Cannot join #vip: invitation only")
    timeline.set_outgoing(Outgoing(7, "two, thank you", SendState.SENDING))
    timeline.set_outgoing(Outgoing(8, "or three", SendState.FAILED, "the room is moderated"))
    return timeline


class ViewApp(App[None]):
    """Shows nothing but messages."""

    def __init__(self, theme: str) -> None:
        super().__init__()
        for one in create_themes(None):
            self.register_theme(one)
        self.theme = theme

    def compose(self) -> ComposeResult:
        """Yield the messages."""
        yield MessageView(DisplayContext(nick="anna", zone=UTC), create_conversation())


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(("columns", "lines"), SIZES)
def test_messages_look_as_before(snapshot: SnapshotAssertion, columns: int, lines: int, theme: str) -> None:
    async def play() -> str:
        app = ViewApp(theme)
        async with app.run_test(size=(columns, lines)) as pilot:
            view = app.query_one(MessageView)
            view.select(view.timeline.find_number("m4"))
            await pilot.pause()
            return app.export_screenshot()

    assert asyncio.run(play()) == snapshot(extension_class=SvgExtension)
