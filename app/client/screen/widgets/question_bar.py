"""Asks a question in place of the input."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Label

from app.client.screen.defects import ContainsDefects
from app.client.ui.questions import Question
from app.text.sanitise import clean


class QuestionBar(ContainsDefects, Horizontal):
    """A question and its answer; the answer to a question about a secret is masked."""

    DEFAULT_CSS = """
    QuestionBar { height: 1; padding: 0 1; display: none; }
    QuestionBar Input { width: 1fr; height: 1; border: none; padding: 0; }
    QuestionBar Label { text-style: bold; }
    """

    class Answered(Message):
        """The user has answered a question."""

        def __init__(self, question: Question, answer: str) -> None:
            super().__init__()
            self.question = question
            self.answer = answer

    def __init__(self) -> None:
        super().__init__(id="question")
        self.question: Question | None = None

    def compose(self) -> ComposeResult:
        """Yield the question and the input for its answer."""
        yield Label("", markup=False)
        yield Input(compact=True)

    def ask(self, question: Question | None) -> None:
        """Ask a question, or none."""
        if (question and question.prompt) == (self.question and self.question.prompt):
            self.question = question
            return
        self.question = question
        self.display = question is not None
        answer = self.query_one(Input)
        answer.value = ""
        if question is not None:
            self.query_one(Label).update(clean(question.prompt))
            answer.password = question.is_secret
            answer.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Report the answer."""
        event.stop()
        if self.question is not None:
            self.post_message(self.Answered(self.question, event.value))
