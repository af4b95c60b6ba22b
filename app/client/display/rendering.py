"""Renders events as lines of text, with a separator between days."""

from collections.abc import Callable
from datetime import date

from app.client.display import event_text, page_text, status_text
from app.client.display.display_context import DisplayContext, Formatters, Lines
from app.client.display.style import Piece, Style, paint, piece
from app.client.display.wrapping import wrap
from app.client.protocol.events import ClientEvent, HistoryPage, SearchResult, UnreadMessages

FORMATTERS: Formatters = {**event_text.FORMATTERS, **status_text.FORMATTERS}


class Renderer:
    """Renders events, and inserts a separator when the day changes.

    With `get_columns`, lines are wrapped to the width that it returns at the time.
    """

    def __init__(
        self,
        context: DisplayContext,
        has_colours: bool,
        has_days: bool = True,
        get_columns: Callable[[], int] | None = None,
    ) -> None:
        self.context = context
        self._get_columns = get_columns
        self.has_colours = has_colours
        self._has_days = has_days
        self._day: date | None = None

    def render(self, event: ClientEvent) -> list[str]:
        """Return the lines of text for an event; none if the event is not shown."""
        self.context.columns = self._get_columns() if self._get_columns else None
        if isinstance(event, HistoryPage | SearchResult):
            return self._paint_all(self._render_page(event))
        if isinstance(event, UnreadMessages):
            return self._paint_all(self._render_unread(event))
        return self._paint_all(self._render_event(event))

    def _paint_all(self, lines: Lines) -> list[str]:
        columns = self.context.columns
        wrapped = [part for line in lines for part in wrap(line, columns - 1)] if columns else lines
        return [paint(line, self.has_colours) for line in wrapped]

    def _render_event(self, event: ClientEvent) -> Lines:
        """Return the lines for an event, preceded by a separator if the day has changed."""
        formatter = FORMATTERS.get(type(event))
        lines = formatter(event, self.context) if formatter else []
        at = getattr(event, "at", None)
        return [*self._day_separator(at), *lines] if at and lines else lines

    def _day_separator(self, at: int) -> Lines:
        day = self.context.to_local(at).date()
        if day == self._day or not self._has_days:
            return []
        self._day = day
        return [[Piece(f"── {day:%A}, {day.day} {day:%B %Y} ──", Style.DIM)]]

    def _render_page(self, page: HistoryPage | SearchResult) -> Lines:
        """Return a page of messages with a header and a footer.

        Days within the page do not affect later separators.
        """
        if not page.messages:
            return [[piece(page_text.empty_text(page), Style.DIM)]]
        day, self._day = self._day, None
        body = [line for event in page.messages for line in self._render_event(event)]
        self._day = day
        kind = "search" if isinstance(page, SearchResult) else "history"
        return [[piece(page_text.title(page), Style.DIM)], *body, [Piece(f"── end of {kind} ──", Style.DIM)]]

    def _render_unread(self, unread: UnreadMessages) -> Lines:
        body = [line for message in unread.messages for line in self._render_event(message)]
        return [*page_text.unread_heading(unread), *body]
