"""Paints the lines of a timeline in the styles of their roles."""

from itertools import pairwise

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from app.client.screen.message_lines.cells import has_uncertain_width
from app.client.screen.message_lines.spans import Line, Role, Span, body_of
from app.client.screen.message_lines.text_selection import FAR_RIGHT
from app.client.screen.theme import nick_background, nick_style
from app.client.screen.widgets.base_style import BaseStyle
from app.text.formatting import PLAIN, TextFormat

NICK_ROLES = frozenset({Role.NICK, Role.MY_NICK, Role.MENTION})
GUTTER_COLUMNS = 1  # before each line, where the selected message has a mark
MARK = "▌"
NOT_MARKED = frozenset({Role.RULE, Role.NEW})  # what separates the selected message from the one before
SELECTED_TEXT = Style(reverse=True)
SELECTED_CLASS, LINK_CLASS = "timeline-view--selected", "timeline-view--link"
LINE_CLASSES = {f"timeline-view--{role.value}" for role in Role} | {SELECTED_CLASS, LINK_CLASS}
LINE_CSS = """
TimelineView > .timeline-view--time { text-style: dim; }
TimelineView > .timeline-view--rule { text-style: dim; }
TimelineView > .timeline-view--event { text-style: dim; }
TimelineView > .timeline-view--info { text-style: italic; }
TimelineView > .timeline-view--notice { text-style: italic; }
TimelineView > .timeline-view--quote { text-style: dim italic; }
TimelineView > .timeline-view--redacted { text-style: dim italic; }
TimelineView > .timeline-view--my-nick { text-style: bold; }
TimelineView > .timeline-view--nick { text-style: bold; }
TimelineView > .timeline-view--pending { text-style: dim; }
TimelineView > .timeline-view--mention { text-style: bold reverse; }
TimelineView > .timeline-view--new { color: $error; text-style: bold; }
TimelineView > .timeline-view--failed { color: $error; }
TimelineView > .timeline-view--error { color: $error; }
TimelineView > .timeline-view--reaction { background: $surface; }
TimelineView > .timeline-view--my-reaction { text-style: bold; background: $surface; }
TimelineView > .timeline-view--selected { background: $surface; text-style: bold; }
TimelineView > .timeline-view--link { text-style: underline; }
"""


class LinePainter:
    """Paints lines in the styles of a view."""

    def __init__(self, view: BaseStyle) -> None:
        self._view = view

    def paint(
        self,
        line: Line,
        columns: int,
        *,
        is_selected: bool = False,
        row: int | None = None,
        selected: tuple[int, int] = (0, 0),
    ) -> Strip:
        """Return a line as a strip; `selected` are the characters of its text that are selected."""
        is_selected = is_selected and line[0].role not in NOT_MARKED
        base = self._base(is_selected)
        gutter = MARK if is_selected else " " * GUTTER_COLUMNS
        segments = [Segment(gutter, base + self._meta(row, -FAR_RIGHT))]
        body = body_of(line)
        for span in line:
            segments += self._segments(span, base, body.start if body else 0, row, selected)
        used = sum(segment.cell_length for segment in segments)
        missing = " " * max(columns - used, 0)
        if segments and has_uncertain_width(segments[-1].text):
            last = segments.pop()  # may extend into the blanks after it: see `textual_fixes.widths`
            segments.append(Segment(last.text + missing, last.style))
        else:
            segments.append(Segment(missing, base + self._meta(row, FAR_RIGHT)))
        return Strip(segments, max(columns, used)).crop(0, columns)

    def _base(self, is_selected: bool) -> Style:
        style = self._view.base_style
        if is_selected:
            style += self._view.get_component_rich_style(SELECTED_CLASS, partial=True)
        return style

    def _segments(
        self, span: Span, base: Style, start: int, row: int | None, selected: tuple[int, int]
    ) -> list[Segment]:
        style = base + self._style_of(span)
        if span.offset is None:
            return [Segment(span.text, style + self._meta(row, -FAR_RIGHT))]
        first = span.offset - start
        cuts = [min(max(cut - first, 0), len(span.text)) for cut in selected]
        edges = [0, *cuts, len(span.text)]
        return [
            Segment(
                span.text[begin:end],
                style + (SELECTED_TEXT if index == 1 else Style()) + self._meta(row, first + begin),
            )
            for index, (begin, end) in enumerate(pairwise(edges))
            if begin < end
        ]

    def _meta(self, row: int | None, x: int) -> Style:
        """Return the style that tells Textual which point of the text is here."""
        return Style() if row is None else Style.from_meta({"offset": (x, row)})

    def _style_of(self, span: Span) -> Style:
        style = self._view.get_component_rich_style(f"timeline-view--{span.role.value}", partial=True)
        if span.role in NICK_ROLES:
            style += nick_style(span.text.strip("-"), nick_background(self._view.app.theme_variables))
        if span.format is not PLAIN:
            style += format_style(span.format)
        if span.url:
            style += self._view.get_component_rich_style(LINK_CLASS, partial=True)
            style += Style(link=span.url)
        return style


def format_style(form: TextFormat) -> Style:
    """Return the style of a format."""
    return Style(
        bold=form.bold or None,
        italic=form.italic or None,
        underline=form.underline or None,
        strike=form.strike or None,
        reverse=form.reverse or None,
        color=None if form.colour is None else f"color({form.colour})",
    )
