"""Searches the messages of all rooms, with results as the user types."""

from collections.abc import Callable

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.timer import Timer
from textual.widgets import Input, Static

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import Message, SearchFailed
from app.client.screen.dialogs.search_results import SearchResults, list_words
from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.input.completion_cycle import CompletionCycle
from app.client.screen.session.search_session import SearchAnswer, SearchSession
from app.client.screen.widgets.choice_list import ChoiceList
from app.text.counts import count_of
from app.text.sanitise import clean

DELAY_SECONDS = 0.25  # after a key, before the server is asked
ANSWER_SECONDS = 20.0  # after which the server is not expected to answer any more
MIN_CHARACTERS = 2
COMMAND = "/search "  # whose completion is used
HINT = "from:NICK  in:#ROOM  after:TIME  before:TIME  (Tab completes)"


class SearchScreen(ErrorBoundary, ModalScreen[Message | None]):
    """A query and what it finds; its result is the message to show, or None."""

    DEFAULT_CSS = """
    SearchScreen { align: center middle; }
    SearchScreen > Vertical {
        width: 90%; max-width: 120; height: 90%; border: round $accent; background: $background; padding: 0 1;
    }
    SearchScreen Input { border: none; height: 1; padding: 0 1; }
    SearchScreen Static { height: 1; padding: 0 1; text-style: dim; }
    SearchScreen #filters { display: none; }
    """
    BINDINGS = [
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("tab", "complete(1)", show=False, priority=True),
        Binding("shift+tab", "complete(-1)", show=False, priority=True),
        Binding("escape,ctrl+c,ctrl+f", "close", show=False, priority=True),
    ]

    def __init__(
        self, session: SearchSession, context: DisplayContext, complete: Callable[[str], CompletionCycle]
    ) -> None:
        super().__init__()
        self._session = session
        self._complete = complete
        self._cycle: CompletionCycle | None = None
        self._completed = ""  # the query after a completion
        self._timer: Timer | None = None
        self._input = Input(placeholder="Search messages", compact=True)
        self._state = Static(HINT, markup=False)
        self._filters = ChoiceList(id="filters", max_rows=5)
        self._results = SearchResults(context)
        session.on_answer = self.show_answer

    def compose(self) -> ComposeResult:
        """Yield the query, its completions, the state of the search and the results."""
        with Vertical():
            yield self._input
            yield self._filters
            yield self._state
            yield self._results

    def on_unmount(self) -> None:
        """Ignore answers from now on."""
        self._session.cancel()

    # The query

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search when no key has been pressed for a moment."""
        if self._timer is not None:
            self._timer.stop()
        self._session.cancel()
        if event.value != self._completed:
            self._show_filters(None)
        if len(event.value.strip()) < MIN_CHARACTERS:
            self._results.show((), ())
            self._state.update(HINT)
        else:
            self._state.update("")
            self._timer = self.set_timer(DELAY_SECONDS, self._search)

    def _search(self) -> None:
        self._state.update("Searching …")
        self._session.search(self._input.value.strip())
        self._timer = self.set_timer(ANSWER_SECONDS, self._session.give_up)

    def show_answer(self, answer: SearchAnswer) -> None:
        """Show the results, or why the search failed."""
        if self._timer is not None:
            self._timer.stop()
        if isinstance(answer, SearchFailed):
            self._results.show((), ())
            reason = answer.reason.rstrip(".")
            self._state.update(clean(f"{reason[:1].upper()}{reason[1:]}."))
            return
        self._results.show(answer.messages[::-1], list_words(answer.query))
        more = ", there may be more" if answer.is_truncated else ""
        found = count_of(len(answer.messages), "message")
        self._state.update(
            f"{found}{more}  (Enter shows it in its room)" if answer.messages else "No messages."
        )

    # Completion

    def action_complete(self, step: int) -> None:
        """Insert the next completion of the last word."""
        value = self._input.value
        cycle = self._cycle or self._complete(f"{COMMAND}{value}")
        if not cycle.suggestions:
            return
        start = len(value) - len(cycle.inserted)
        self._completed = value[:start] + cycle.step(step)
        self._input.value = self._completed
        self._input.cursor_position = len(self._completed)
        self._show_filters(cycle if len(cycle.suggestions) > 1 else None)

    def _show_filters(self, cycle: CompletionCycle | None) -> None:
        self._cycle = cycle
        self._filters.display = cycle is not None
        if cycle is not None:
            self._filters.show(cycle.suggestions, cycle.index)

    # The results

    def action_move(self, step: int) -> None:
        """Choose the next or the previous result."""
        self._results.move(step)

    def action_page(self, direction: int) -> None:
        """Choose a result one page further."""
        self._results.move(direction * self._results.page_size)

    def on_input_submitted(self) -> None:
        """Show the chosen message in its room."""
        if self._results.chosen is not None:
            self.dismiss(self._results.chosen)

    def on_search_results_result_clicked(self, event: SearchResults.ResultClicked) -> None:
        """Show the message that was clicked."""
        self._results.choose(event.index)
        self.on_input_submitted()

    def action_close(self) -> None:
        """Show no message."""
        self.dismiss(None)
