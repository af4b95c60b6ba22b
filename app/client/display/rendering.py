"""Events become lines of text, with a line between days."""

from datetime import date

from app.client.display import status_text
from app.client.display.event_text import DisplayContext, Lines, wording
from app.client.display.style import Piece, Style, paint, piece
from app.client.protocol.events import ClientEvent, Found, HistoryPage

TOPICS = (status_text,)  # importing it fills the table of words


class Renderer:
    """Turns events into lines; it remembers the day it wrote last."""

    def __init__(self, view: DisplayContext, has_colours: bool, has_days: bool = True) -> None:
        self.view = view
        self.has_colours = has_colours
        self._has_days = has_days
        self._day: date | None = None

    def render(self, event: ClientEvent) -> list[str]:
        """Return the lines that tell about an event."""
        lines = self._page(event) if isinstance(event, HistoryPage | Found) else self._dated(event)
        return [paint(line, self.has_colours) for line in lines]

    def _dated(self, event: ClientEvent) -> Lines:
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

    def _page(self, page: HistoryPage | Found) -> Lines:
        """Return a page of the past between two rules; the days in it do not count as written."""
        if not page.messages:
            return [[piece(_nothing(page), Style.DIM)]]
        day, self._day = self._day, None
        body = [line for event in page.messages for line in self._dated(event)]
        self._day = day
        kind = "search" if isinstance(page, Found) else "history"
        return [[piece(_title(page), Style.DIM)], *body, [Piece(f"── end of {kind} ──", Style.DIM)]]


def _nothing(page: HistoryPage | Found) -> str:
    """Say that there are no messages."""
    if isinstance(page, Found):
        return f"Nothing was found for {page.question}."
    return f"No messages of {page.room} there."


def _title(page: HistoryPage | Found) -> str:
    count = len(page.messages)
    number = f"{count} message{'s' * (count != 1)}"
    if isinstance(page, Found):
        return f"── {number} for {page.question}{', and there may be more' * page.is_cut} ──"
    return f"── history of {page.room}: {number}{', and there are more' * page.is_cut} ──"
