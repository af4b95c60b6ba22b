"""Events become lines of text, with a line between days."""

from datetime import date

from app.client import conditions
from app.client.events import Event, HistoryPage
from app.client.painting import Piece, Style, paint, piece
from app.client.wording import Lines, View, wording

TOPICS = (conditions,)  # importing it fills the table of words


class Renderer:
    """Turns events into lines; it remembers the day it wrote last."""

    def __init__(self, view: View, has_colours: bool, has_days: bool = True) -> None:
        self.view = view
        self.has_colours = has_colours
        self._has_days = has_days
        self._day: date | None = None

    def render(self, event: Event) -> list[str]:
        """Return the lines that tell about an event."""
        lines = self._page(event) if isinstance(event, HistoryPage) else self._dated(event)
        return [paint(line, self.has_colours) for line in lines]

    def _dated(self, event: Event) -> Lines:
        """Return the lines of an event, with its day before them when it is another one."""
        lines = wording(event, self.view)
        at = getattr(event, "at", None)
        return [*self._day_line(at), *lines] if at and lines else lines

    def _day_line(self, at: int) -> Lines:
        day = self.view.local(at).date()
        if day == self._day or not self._has_days:
            return []
        self._day = day
        return [[Piece(f"── {day:%A}, {day.day} {day:%B %Y} ──", Style.DIM)]]

    def _page(self, page: HistoryPage) -> Lines:
        """Return a page of the past between two rules; the days in it do not count as written."""
        if not page.messages:
            return [[piece(f"No messages of {page.room} there.", Style.DIM)]]
        day, self._day = self._day, None
        body = [line for event in page.messages for line in self._dated(event)]
        self._day = day
        return [[self._title(page)], *body, [Piece("── end of history ──", Style.DIM)]]

    def _title(self, page: HistoryPage) -> Piece:
        count = len(page.messages)
        more = ", and there are more" if page.is_cut else ""
        return piece(f"── history of {page.room}: {count} message{'s' * (count != 1)}{more} ──", Style.DIM)
