"""Asks a question in place of the input."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from app.client.screen.error_boundary import ErrorBoundary
from app.client.ui.questions import Question
from app.text.sanitise import clean


class QuestionBar(ErrorBoundary, Horizontal):
    """A question and its answer; the answer to a question about a secret is masked.

    After an answer, and after a command that asks for a secret, what is typed belongs to the
    question that follows. If none does, it is discarded: it may be a part of a secret.
    """

    DEFAULT_CSS = """
    QuestionBar { height: 1; padding: 0 1; display: none; }
    QuestionBar Input { width: 1fr; height: 1; border: none; padding: 0; }
    QuestionBar Label { text-style: bold; }
    """
    BINDINGS = [Binding("escape", "cancel", "Cancel the question", id="cancel-question", show=False)]

    class Answered(Message):
        """The user has answered a question."""

        def __init__(self, question: Question, answer: str) -> None:
            super().__init__()
            self.question = question
            self.answer = answer

    class Dismissed(Message):
        """The user has cancelled a question."""

        def __init__(self, question: Question) -> None:
            super().__init__()
            self.question = question

    def __init__(self) -> None:
        super().__init__(id="question")
        self._question: Question | None = None
        self._is_waiting = False  # for the next question
        self._typed_ahead: list[str] = []  # answers that were finished while waiting

    def compose(self) -> ComposeResult:
        """Yield the question and the input for its answer."""
        yield Label("", markup=False)
        yield Input(compact=True)

    def expect(self) -> None:
        """Mask what is typed: it is the answer to a question that is about to be asked."""
        self._is_waiting = True
        self.display = True
        self.query_one(Label).update("")
        answer = self.query_one(Input)
        answer.password = True
        answer.focus()

    def ask(self, question: Question) -> None:
        """Ask a question, unless it is being asked already."""
        if question is self._question:
            return
        is_same = self._question is not None and self._question.prompt == question.prompt
        answer = self.query_one(Input)
        if not (self._is_waiting or is_same):
            answer.value = ""
        self._question, self._is_waiting = question, False
        self.display = True
        self.query_one(Label).update(clean(question.prompt))
        answer.password = question.is_secret
        answer.focus()
        if self._typed_ahead:
            self._answer(question, self._typed_ahead.pop(0))

    def end(self) -> None:
        """Hide the bar, and discard the text typed into it."""
        self._question, self._is_waiting = None, False
        self._typed_ahead.clear()
        self.query_one(Input).value = ""
        self.display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Report the answer, or keep it until its question is asked."""
        event.stop()
        self.query_one(Input).value = ""
        if self._is_waiting:
            self._typed_ahead.append(event.value)
        elif self._question is not None:
            self._answer(self._question, event.value)

    def _answer(self, question: Question, answer: str) -> None:
        self._is_waiting = True
        self.post_message(self.Answered(question, answer))

    def action_cancel(self) -> None:
        """Report that the question was cancelled."""
        if self._question is not None:
            self.post_message(self.Dismissed(self._question))
