"""Searches on the server as the user types: one search at a time, and then the latest query."""

from collections.abc import Callable
from functools import partial

from app.client.driver import Driver
from app.client.protocol import intents
from app.client.protocol.events import ClientEvent, SearchFailed, SearchResult
from app.client.protocol.history.search import parse_search
from app.client.screen.session.call_queue import CallQueue
from app.errors import UsageError
from app.text.local_time import WallClock

SearchAnswer = SearchResult | SearchFailed


class SearchSession:
    """Called in the screen's thread; `on_answer` gets the answers to the latest query."""

    def __init__(self, driver: Driver, calls: CallQueue) -> None:
        self._driver = driver
        self._calls = calls
        self._running: str | None = None  # the query that the server is answering
        self._wanted: str | None = None  # the latest one
        self.on_answer: Callable[[SearchAnswer], None] = lambda answer: None

    def search(self, query: str) -> None:
        """Search, once a search that is running has been answered."""
        self._wanted = query
        if self._running is None:
            self._start(query)

    def cancel(self) -> None:
        """Ignore the answer to a search that is running."""
        self._wanted = None

    def _start(self, query: str) -> None:
        self._running = query
        self._driver.post(partial(self._send, query))

    def _send(self, query: str) -> None:
        """Send a search, in the driver's thread."""
        try:
            search = parse_search(query, WallClock(self._driver.clock.now(), None))
        except UsageError as error:
            failure = SearchFailed(query, error.sentence)
            self._calls.post(lambda: self._finish(failure))
        else:
            self._driver.execute(intents.search, search)

    def take(self, event: ClientEvent) -> bool:
        """Handle the answer to a search; return whether it was one that was made here."""
        if not isinstance(event, SearchAnswer) or event.query != self._running:
            return False
        self._finish(event)
        return True

    def give_up(self) -> None:
        """Fail the running search, because the server does not answer."""
        if self._running is not None:
            self._finish(SearchFailed(self._running, "The server does not answer"))

    def _finish(self, answer: SearchAnswer) -> None:
        wanted, self._running = self._wanted, None
        if wanted == answer.query:
            self.on_answer(answer)
        elif wanted is not None:
            self._start(wanted)
