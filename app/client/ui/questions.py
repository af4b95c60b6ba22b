"""Questions to the user, asked one at a time."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the function to call with the answer."""

    prompt: str
    on_answer: Callable[[str], None]
    is_secret: bool = False


class Questions:
    """A queue of questions, without duplicates."""

    def __init__(self) -> None:
        self._waiting: tuple[Question, ...] = ()  # immutable, so that any thread may read it

    @property
    def current(self) -> Question | None:
        """The question to answer next, or None."""
        return next(iter(self._waiting), None)

    def ask(self, question: Question) -> None:
        """Queue a question, replacing any question with the same prompt."""
        kept = [waiting for waiting in self._waiting if waiting.prompt != question.prompt]
        self._waiting = (*kept, question)

    def answer(self, question: Question, text: str) -> None:
        """Answer a question, unless it has been removed in the meantime."""
        if question in self._waiting:
            self._remove(question)
            question.on_answer(text)

    def cancel(self) -> None:
        """Remove the current question without an answer."""
        if self._waiting:
            self._remove(self._waiting[0])

    def _remove(self, question: Question) -> None:
        self._waiting = tuple(waiting for waiting in self._waiting if waiting is not question)
