"""Completes words for the prompt in line mode."""

from collections.abc import Callable, Iterator
from itertools import islice

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from app.client.ui.completion.candidates import Words, find_all

MAX_CANDIDATES = 50


class PromptCompleter(Completer):
    """Completes words for prompt_toolkit."""

    def __init__(self, words: Callable[[], Words], report: Callable[[Exception], None]) -> None:
        self._words = words
        self._report = report

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        """Return the completions of the text before the cursor; a defect is reported."""
        text = document.text_before_cursor
        length = len(text.rpartition(" ")[2])
        try:
            candidates = list(islice(find_all(text, self._words()), MAX_CANDIDATES))
        except Exception as error:  # noqa: BLE001 - it would end the prompt
            self._report(error)
            return
        for candidate in candidates:
            yield Completion(candidate.text, start_position=-length, display=candidate.display)
