"""The messages that a search has found, with the words that match."""

import re
from collections.abc import Iterable, Sequence

from rich.text import Text
from textual.events import Click
from textual.message import Message as WidgetMessage
from textual.widget import Widget

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import Message
from app.client.protocol.history.search import FILTERS
from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.message_lines.cells import shorten
from app.text.sanitise import clean

ROWS = 2  # of a result: where and when, then the text
CHARACTERS_BEFORE = 30  # the first match
_WORD = re.compile(r'"([^"]+)"|(\S+)')
_FILTER = re.compile(rf"(?:{'|'.join(FILTERS)}):", re.IGNORECASE)


def list_words(query: str) -> list[str]:
    """Return the words and phrases of a query that are searched in the texts."""
    words = [(phrase or word) for phrase, word in _WORD.findall(query)]
    return [word for word in words if not _FILTER.match(word)]


def find_matches(text: str, words: Iterable[str]) -> list[tuple[int, int]]:
    """Return where words occur in a text, in any case."""
    pattern = "|".join(re.escape(word) for word in words)
    return [match.span() for match in re.finditer(pattern, text, re.IGNORECASE)] if pattern else []


def render_match(text: str, words: Sequence[str], columns: int) -> Text:
    """Return a text in one line, with the matches highlighted; the first one is visible."""
    matches = find_matches(text, words)
    first = matches[0][0] if matches else 0
    if first > columns - CHARACTERS_BEFORE:
        text = f"…{text[max(first - CHARACTERS_BEFORE, 0) :]}"
    shown = Text(shorten(text, columns), no_wrap=True)
    for start, end in find_matches(shown.plain, words):
        shown.stylize("bold underline", start, end)
    return shown


class SearchResults(ErrorBoundary, Widget):
    """Shows found messages, the latest first, of which one is chosen."""

    DEFAULT_CSS = """
    SearchResults { height: 1fr; padding: 0 1; }
    """

    class ResultClicked(WidgetMessage):
        """The user clicked on a result."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, context: DisplayContext) -> None:
        super().__init__()
        self._display_context = context
        self._results: Sequence[Message] = ()
        self._words: Sequence[str] = ()
        self._chosen = 0

    def show(self, results: Sequence[Message], words: Sequence[str]) -> None:
        """Show other results."""
        self._results, self._words, self._chosen = results, words, 0
        self.refresh()

    @property
    def chosen(self) -> Message | None:
        """The chosen result, or None if there are none."""
        return self._results[self._chosen] if self._results else None

    def move(self, step: int) -> None:
        """Choose the next or the previous result."""
        self._chosen = min(max(self._chosen + step, 0), max(len(self._results) - 1, 0))
        self.refresh()

    @property
    def page_size(self) -> int:
        """The number of results that fit."""
        return max(self.content_size.height // ROWS, 1)

    @property
    def _first(self) -> int:
        return max(0, self._chosen - self.page_size + 1)

    def render(self) -> Text:
        """Return the visible results."""
        columns = max(self.content_size.width, 20)
        visible = enumerate(self._results[self._first : self._first + self.page_size], self._first)
        rows = [row for number, one in visible for row in self._rows(one, columns, number == self._chosen)]
        return Text("\n").join(rows)

    def _rows(self, message: Message, columns: int, is_chosen: bool) -> tuple[Text, Text]:
        at = f"{self._display_context.to_local(message.at):%Y-%m-%d %H:%M}"
        mark = "› " if is_chosen else "  "
        head = f"{mark}{at}  {clean(message.room)}  {clean(message.author)}"
        title = Text(shorten(head, columns), style="bold reverse" if is_chosen else "dim", no_wrap=True)
        body = Text("  ").append(render_match(clean(message.text), self._words, columns - 2))
        return title, body

    def on_click(self, event: Click) -> None:
        """Report the result under the mouse."""
        index = self._first + event.y // ROWS
        if index < len(self._results):
            self.post_message(self.ResultClicked(index))

    def choose(self, index: int) -> None:
        """Choose a result."""
        self._chosen = index
        self.refresh()
