"""The visible lines stay where they are, whatever happens above and below them."""

from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from app.client.display.display_context import DisplayContext
from app.client.screen.message_lines.line_layout import LineLayout
from app.client.screen.message_lines.spans import Line
from app.client.screen.message_lines.viewport import Viewport
from app.client.timeline.edge import Edge, EdgeState
from app.client.timeline.entry import to_entry
from app.client.timeline.timeline import Timeline
from tests.client.timeline.messages import message, timeline_of

HEIGHT = 10


class CountingLayout(LineLayout):
    """Counts how many entries are laid out."""

    laid_out = 0

    def lay_out(self, timeline: Timeline, number: int) -> list[Line]:
        """Lay out an entry."""
        self.laid_out += 1
        return super().lay_out(timeline, number)


def create_layout(columns: int = 60) -> CountingLayout:
    """Return a layout."""
    return CountingLayout(DisplayContext(nick="anna", zone=UTC), columns)


def shown(viewport: Viewport, layout: LineLayout) -> list[str]:
    """Return the visible lines."""
    return ["".join(span.text for span in one.line).strip() for one in viewport.lines(layout, HEIGHT)]


def all_lines(timeline: Timeline, layout: LineLayout) -> list[str]:
    """Return all lines of a timeline."""
    numbers = range(timeline.first_number, timeline.end_number)
    lines = [
        *layout.lay_out_start(timeline),
        *(line for number in numbers for line in layout.lay_out(timeline, number)),
        *layout.lay_out_end(timeline),
    ]
    return ["".join(span.text for span in line).strip() for line in lines]


@given(
    st.lists(st.integers(1, 400), max_size=40),
    st.sampled_from([EdgeState.OPEN, EdgeState.COMPLETE, EdgeState.LOADING]),
    st.lists(st.integers(-30, 30), max_size=12),
)
def test_scrolling_shows_every_line_in_order(lengths: list[int], state: EdgeState, steps: list[int]) -> None:
    timeline = Timeline("#tea")
    for number, length in enumerate(lengths):
        timeline.append(to_entry(message(number * 20_000, "word " * (length // 5))))
    timeline.set_older(Edge(state))
    layout = create_layout()
    everything = all_lines(timeline, layout)
    end = max(len(everything) - HEIGHT, 0)
    viewport, position = Viewport(timeline), end
    for step in steps:
        viewport.scroll(layout, HEIGHT, step)
        position = min(max(position + step, 0), end)
        assert shown(viewport, layout) == everything[position : position + HEIGHT]
        assert viewport.follows_end == (position == end)


@given(st.integers(0, 200), st.integers(1, 60), st.booleans())
def test_older_messages_do_not_move_what_is_visible(up: int, count: int, is_same_day: bool) -> None:
    timeline = timeline_of(range(100_000, 100_040))
    timeline.set_older(Edge(EdgeState.LOADING))
    layout, viewport = create_layout(), Viewport(timeline)
    viewport.scroll(layout, HEIGHT, -up)
    before = shown(viewport, layout)
    oldest = 100_000 if is_same_day else 1_000
    timeline.prepend([to_entry(message(number)) for number in range(oldest - count, oldest)])
    timeline.set_older(Edge(EdgeState.OPEN))
    after = shown(viewport, layout)
    messages = [(row, line) for row, line in enumerate(before) if "│" in line]
    assert [(row, after[row]) for row, _ in messages] == messages


def test_new_messages_do_not_move_what_is_read() -> None:
    timeline = timeline_of(range(50))
    layout, viewport = create_layout(), Viewport(timeline)
    viewport.scroll(layout, HEIGHT, -5)
    before = shown(viewport, layout)
    timeline.add_message(message(50))
    assert shown(viewport, layout) == before
    viewport.go_to_end()
    assert "text 50" in shown(viewport, layout)[-1]


@given(st.lists(st.integers(0, 59), min_size=1, max_size=20))
def test_a_selected_message_is_visible(numbers: list[int]) -> None:
    timeline = Timeline("#tea")
    for number in range(60):
        timeline.append(to_entry(message(number, "word " * (number % 17 * 3 + 1))))
    layout, viewport = create_layout(), Viewport(timeline)
    for number in numbers:
        viewport.select(layout, HEIGHT, number)
        assert number in {line.number for line in viewport.lines(layout, HEIGHT)}


def test_dropping_the_oldest_shows_the_start() -> None:
    timeline = timeline_of(range(50))
    layout, viewport = create_layout(), Viewport(timeline)
    viewport.go_to_start(layout)
    timeline.drop_oldest(20)
    assert "text 20" in shown(viewport, layout)[1]


@given(st.integers(100, 5_000), st.integers(-200, 200))
def test_a_frame_lays_out_no_more_than_is_visible(count: int, step: int) -> None:
    timeline = timeline_of(range(count))
    layout, viewport = create_layout(), Viewport(timeline)
    viewport.lines(layout, HEIGHT)
    layout.laid_out = 0
    viewport.scroll(layout, HEIGHT, step)
    viewport.lines(layout, HEIGHT)
    assert layout.laid_out <= 2 * HEIGHT + abs(step)


def test_a_context_does_not_follow_its_end() -> None:
    timeline = timeline_of(range(50))
    timeline.set_newer(Edge(EdgeState.OPEN))
    layout, viewport = create_layout(), Viewport(timeline)
    before = shown(viewport, layout)
    timeline.append(to_entry(message(50)))
    assert shown(viewport, layout) == before


def test_a_view_of_a_context_moves_to_the_live_timeline() -> None:
    context, live = timeline_of(range(10, 30)), timeline_of(range(30, 60))
    layout, viewport = create_layout(), Viewport(context)
    viewport.select(layout, HEIGHT, 5)
    before = shown(viewport, layout)
    live.prepend(context.entries)
    moved = viewport.moved_to(live, live.first_number - context.first_number)
    assert shown(moved, layout) == before
    assert moved.selected_entry == context.entries[5]
