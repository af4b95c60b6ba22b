"""Questions to the person at the terminal, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask, whether the answer is secret, and what to do with it."""

    prompt: str
    then: Callable[[str], None]
    is_secret: bool = False


class Questions:
    """The questions that wait for an answer; asking the same again replaces it."""

    def __init__(self) -> None:
        self._waiting: tuple[Question, ...] = ()  # replaced as a whole, so that any thread may look

    @property
    def current(self) -> Question | None:
        """The question to be answered next."""
        return next(iter(self._waiting), None)

    def ask(self, question: Question) -> None:
        """Put a question at the end, or in the place of the one with the same words."""
        kept = [waiting for waiting in self._waiting if waiting.prompt != question.prompt]
        self._waiting = (*kept, question)

    def answer(self, question: Question, text: str) -> None:
        """Answer a question; one that is not asked any more is left alone."""
        if question in self._waiting:
            self._drop(question)
            question.then(text)

    def cancel(self) -> None:
        """Drop the current question unanswered."""
        if self._waiting:
            self._drop(self._waiting[0])

    def _drop(self, question: Question) -> None:
        self._waiting = tuple(waiting for waiting in self._waiting if waiting is not question)
