"""Questions to the user, asked one at a time.

A question stays until the user answers or cancels it, even if it has become moot. If it vanished,
the rest of a password being typed would become a message.
"""

from collections.abc import Callable
from dataclasses import dataclass

YES = ("y", "yes")  # answers to a question, in lower case


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the functions to call with the answer and on Ctrl-C."""

    prompt: str
    on_answer: Callable[[str], None]
    is_secret: bool = False
    on_cancel: Callable[[], None] = lambda: None


class Questions:
    """A queue of questions, without duplicates."""

    def __init__(self) -> None:
        self._waiting: tuple[Question, ...] = ()  # immutable, so that any thread may read it

    @property
    def current(self) -> Question | None:
        """The question to answer next, or None."""
        return next(iter(self._waiting), None)

    def ask(self, question: Question) -> None:
        """Queue a question; it takes the place of one with the same prompt."""
        if any(waiting.prompt == question.prompt for waiting in self._waiting):
            self._waiting = tuple(
                question if waiting.prompt == question.prompt else waiting for waiting in self._waiting
            )
        else:
            self._waiting = (*self._waiting, question)

    def answer(self, asked: Question, text: str) -> None:
        """Answer a question that was shown, or the one that has taken its place since.

        Questions that the answer leads to come before those that were waiting.
        """
        if question := self._take(asked):
            others, self._waiting = self._waiting, ()
            try:
                question.on_answer(text)
            finally:
                self._waiting = (*self._waiting, *others)

    def cancel(self, asked: Question) -> None:
        """Remove a question without an answer."""
        if question := self._take(asked):
            question.on_cancel()

    def _take(self, asked: Question) -> Question | None:
        """Remove and return the question with the same prompt, or None if there is none."""
        question = next((one for one in self._waiting if one.prompt == asked.prompt), None)
        self._waiting = tuple(waiting for waiting in self._waiting if waiting is not question)
        return question
