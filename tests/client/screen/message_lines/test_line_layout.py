"""Entries are laid out as lines that fit, whatever they contain."""

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import Joined, Message, Parted, Quote, Reaction, Redacted
from app.client.screen.message_lines.line_layout import LineLayout
from app.client.screen.message_lines.spans import Line, Role, line_cells, reaction_at
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import Details, Entry, EntryKind
from app.client.timeline.entry_list import EntryList
from app.client.timeline.outgoing import Outgoing, SendState
from app.client.timeline.timeline import Timeline
from app.text.sanitise import clean_lines
from tests.client.screen.message_lines.test_cells import PIECES
from tests.client.timeline.messages import NOON, message, timeline_of

CONTEXT = DisplayContext(nick="anna", zone=UTC)
ANY_TEXT = st.one_of(st.text(), st.lists(st.sampled_from([*PIECES, "\n", "\x02", "\x0304"])).map("".join))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Return an entry of any kind."""
    kind = draw(st.sampled_from(EntryKind))
    details = None
    if kind is EntryKind.MEMBERSHIP:
        changes = [Joined("#tea", draw(ANY_TEXT), NOON) for _ in range(draw(st.integers(1, 5)))]
        details = Details(changes=[*changes], is_expanded=draw(st.booleans()))
    elif draw(st.booleans()):
        details = Details("m0", draw(st.none() | st.builds(Quote, ANY_TEXT, ANY_TEXT)))
        details.redacted_by = draw(st.sampled_from(["", "carol"]))
    return Entry(
        kind,
        draw(st.integers(0, 2**41)),
        draw(ANY_TEXT),
        draw(ANY_TEXT),
        "m1",
        draw(st.booleans()),
        details=details,
    )


def text_of(line: Line) -> str:
    """Return the text of a line."""
    return "".join(span.text for span in line)


def screen(timeline: Timeline, columns: int = 60) -> list[str]:
    """Return the lines of a timeline."""
    layout = LineLayout(CONTEXT, columns)
    numbers = range(timeline.first_number, timeline.end_number)
    middle = [line for number in numbers for line in layout.lay_out(timeline, number)]
    return [
        text_of(line).rstrip()
        for line in [*layout.lay_out_start(timeline), *middle, *layout.lay_out_end(timeline)]
    ]


@given(entries(), ANY_TEXT, st.integers(8, 120))
def test_every_line_fits(entry: Entry, text: str, columns: int) -> None:
    timeline = Timeline("#tea", entries=EntryList([entry]), new_after=0)
    timeline.react(Reaction("#tea", "bob", text, "m1", NOON))
    timeline.set_outgoing(Outgoing(1, text, SendState.FAILED, text))
    timeline.set_older(Edge(EdgeState.FAILED, "", text))
    layout = LineLayout(CONTEXT, columns)
    lines = [*layout.lay_out_start(timeline), *layout.lay_out(timeline, 0), *layout.lay_out_end(timeline)]
    assert all(line_cells(line) <= columns for line in lines)


@given(entries(), st.integers(8, 120))
def test_the_whole_text_of_an_entry_is_in_its_lines(entry: Entry, columns: int) -> None:
    layout = LineLayout(CONTEXT, columns)
    plain = layout.text_of(entry).plain
    spans = [
        span for line in layout.lay_out(Timeline("#tea", entries=EntryList([entry])), 0) for span in line
    ]
    shown = [span for span in spans if span.offset is not None]
    assert all(plain.startswith(span.text, span.offset) for span in shown)
    assert "".join(span.text for span in shown).replace(" ", "") == plain.replace("\n", "").replace(" ", "")
    assert plain == clean_lines(plain)


def test_texts_are_indented_below_their_first_line() -> None:
    timeline = Timeline("#tea")
    timeline.add_message(message(1, "the kettle is on and the tea is ready in a minute"))
    assert screen(timeline)[1:] == [
        "22:13        bob │ the kettle is on and the tea is ready in"[:60],
        "                 │ a minute",
    ]


def test_a_narrow_view_has_no_column_of_nicks() -> None:
    timeline = Timeline("#tea")
    timeline.add_message(message(1, "the kettle is on and the tea is ready"))
    assert screen(timeline, 30)[1:] == ["22:13 bob: the kettle is on", "        and the tea is ready"]


def test_nicks_and_events_stand_out_in_a_narrow_view() -> None:
    timeline = timeline_of([1])
    timeline.react(Reaction("#tea", "anna", "👍", "m1", NOON))
    timeline.add_text(EntryKind.EVENT, NOON, "Topic of #tea: green tea, black tea and all others")
    timeline.add_message(Message("#tea", "bob", "later", NOON, quoted=Quote("anna", "when?"), reply_to="m1"))
    assert screen(timeline, 40)[1:] == [
        f"22:13 bob: {timeline.entries[0].text}",
        "         👍 1",
        "22:13 -- Topic of #tea: green tea, black",
        "        tea and all others",
        "        ╭ anna: when?",
        "22:13 bob: later",
    ]


def test_nothing_interrupts_the_rule_beside_the_nicks() -> None:
    timeline = timeline_of([1])
    timeline.react(Reaction("#tea", "anna", "7", "m1", NOON))
    timeline.add_message(Message("#tea", "bob", "later", NOON, quoted=Quote("anna", "when?"), reply_to="m1"))
    timeline.set_outgoing(Outgoing(7, "hello", SendState.SENDING))
    lines = screen(timeline)[1:]
    assert [line[16:18] for line in lines] == [" │"] * len(lines)
    (_, chips) = LineLayout(CONTEXT, 60).lay_out(timeline, 0)[1:]
    assert [reaction_at(chips, column) for column in (17, 19, 20, 21)] == [None, "7", "7", "7"]


def test_joins_are_summarised_until_they_are_expanded() -> None:
    timeline = timeline_of([])
    timeline.add_membership(Joined("#tea", "dave", NOON))
    timeline.add_membership(Parted("#tea", "erin", "tea time", NOON + 60_000))
    assert screen(timeline)[1:] == ["22:13 ▸ 2 events │ dave joined, erin left"]
    timeline.toggle(timeline.entries[0])
    assert screen(timeline)[1:] == [
        "22:13 ▾ 2 events │ 22:13 dave joined",
        "                 │ 22:14 erin left (tea time)",
    ]


def test_the_number_of_events_fits_in_the_column_of_nicks() -> None:
    timeline = timeline_of([])
    for nick in ("dave", "erin"):
        timeline.add_membership(Joined("#tea", nick, NOON))
    assert screen(timeline, 50)[1:] == ["22:13      ▸ 2 │ dave and erin joined"]


def test_a_new_day_and_new_messages_are_marked() -> None:
    timeline = timeline_of([1, 90_000])
    timeline.new_after = NOON + 2_000
    lines = screen(timeline)
    assert lines[0].startswith("── Tuesday, 14 November 2023 ─")
    assert lines[2].startswith("── Wednesday, 15 November 2023 ─")
    assert lines[3].startswith("── new messages ─")


def test_formats_are_kept_and_hidden_text_is_shown() -> None:
    timeline = Timeline("#tea")
    timeline.add_message(message(1, "\x02bold\x02 \x0304,04red\x03 \x0300white\x0f plain"))
    line = LineLayout(CONTEXT, 80).lay_out(timeline, 0)[1]
    formats = {span.text: span.format for span in line if span.offset is not None}
    assert formats["bold"].bold
    assert formats["red"].colour == 9
    assert formats["white"].colour is None
    assert text_of(line).endswith("bold red white plain")


def test_the_state_of_loading_is_shown_at_the_start() -> None:
    timeline = timeline_of([1])
    assert screen(timeline)[0].startswith("── Tuesday")
    for state, text in [
        (EdgeState.LOADING, "── loading older messages …"),
        (EdgeState.COMPLETE, "── beginning of the conversation"),
        (EdgeState.FAILED, "── cannot load: no power; scroll up to try again"),
    ]:
        timeline.set_older(Edge(state, reason="no power"))
        assert screen(timeline)[0].startswith(text)


def test_a_deleted_message_shows_who_deleted_it() -> None:
    timeline = timeline_of([1])
    timeline.redact(Redacted("#tea", "carol", "m1", "spam", NOON))
    assert screen(timeline)[1].endswith("bob │ deleted by carol (spam)")


def test_the_reason_of_a_failure_is_shown_below_the_message() -> None:
    timeline = timeline_of([])
    timeline.set_outgoing(Outgoing(7, "hello", SendState.FAILED, "no such room."))
    assert [line.strip() for line in screen(timeline)] == [
        "anna │ hello",
        "│ ↑ not sent: no such room; /resend 7",
    ]


def test_reactions_are_counted_and_wrapped() -> None:
    timeline = timeline_of([1])
    for number in range(12):
        timeline.react(Reaction("#tea", "anna", f"{number:04}", "m1", NOON))
    layout = LineLayout(CONTEXT, 40)
    lines = layout.lay_out(timeline, 0)[2:]
    assert len(lines) > 1
    assert {span.role for line in lines for span in line if span.text.strip()} == {Role.MY_REACTION}
    assert " 0000 1 " in text_of(lines[0])
