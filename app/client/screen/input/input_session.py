"""Passes input to the driver's thread, and refused input and questions back."""

from collections.abc import Callable
from functools import partial

from app.client.driver import Driver
from app.client.emoji import replace_names
from app.client.protocol import intents
from app.client.screen.input.completion_cycle import CompletionCycle, find_suggestions
from app.client.screen.input.submission import ReferenceKind, Submission
from app.client.screen.session.call_queue import CallQueue
from app.client.ui.command_registry import SlashCommands, split_command
from app.client.ui.completion.candidates import completion_words
from app.client.ui.controller import Controller
from app.client.ui.questions import Question
from app.client.ui.secrets import input_has_secret, is_command
from app.errors import ChatError

# After a command that was refused: the secret that it would have asked for may be typed blindly.
NOT_ASKED = "No password is needed. Press Enter to continue: "


class InputSession:
    """Everything here may be called in the screen's thread.

    `on_refused` is called with what was not accepted, and `on_question` after each input: a
    question may wait, or none may be left.
    """

    def __init__(self, driver: Driver, controller: Controller, calls: CallQueue) -> None:
        self._driver = driver
        self._controller = controller
        self._calls = calls
        self._unfinished = 0  # inputs; counted in the screen's thread
        self.on_refused: Callable[[Submission], None] = lambda submission: None
        self.on_question: Callable[[], None] = lambda: None
        self.is_stopped: Callable[[], bool] = lambda: False  # whether the driver has ended
        controller.on_question = lambda: calls.post(lambda: self.on_question())

    @property
    def commands(self) -> SlashCommands:
        """The commands that can be typed."""
        return self._controller.commands

    @property
    def question(self) -> Question | None:
        """The question to answer next."""
        return self._controller.questions.current

    @property
    def is_processing(self) -> bool:
        """Whether an input has not been processed yet; it may lead to a question."""
        return self._unfinished > 0

    def submit(self, submission: Submission) -> None:
        """Send a message, or execute a command."""
        self._run(partial(self._execute, submission))

    def _execute(self, submission: Submission) -> None:
        """Execute a submission, unless a secret has been asked for in the meantime: it may be one.

        Raises: ChatError if it was not accepted.
        """
        if self.question is not None and self.question.is_secret:
            self._give_back(submission)
            return
        self._controller.view.room = submission.room
        try:
            self._controller.run(submission.text, partial(self._say, submission))
        except ChatError:
            if self.may_ask_for_secret(submission.text):
                self._controller.ask(Question(NOT_ASKED, lambda typed: None, is_secret=True))
            else:
                self._give_back(submission)
            raise

    def _say(self, submission: Submission, text: str) -> None:
        reference, text = submission.reference, replace_names(text)
        if reference is not None and reference.kind is ReferenceKind.EDIT:
            self._driver.execute(intents.edit, reference.message, text)
            return
        say = self._controller.say if submission.is_pasted else self._controller.say_as_one
        reply_to = reference.message.msgid if reference else ""
        say(text, reply_to, partial(self._give_back, submission))

    def _give_back(self, submission: Submission) -> None:
        self._calls.post(lambda: self.on_refused(submission))

    def answer(self, question: Question, text: str) -> None:
        """Answer a question."""
        self._run(lambda: self._controller.questions.answer(question, text))

    def cancel(self, question: Question) -> None:
        """Cancel a question."""
        self._run(lambda: self._controller.questions.cancel(question))

    def ask(self, question: Question) -> None:
        """Ask the user a question."""
        self._run(lambda: self._controller.ask(question))

    def _run(self, call: Callable[[], None]) -> None:
        """Make a call in the driver's thread, then show the question that waits, if any."""
        self._unfinished += 1

        def finish() -> None:
            self._unfinished -= 1
            self.on_question()

        def run() -> None:
            try:
                call()
            finally:
                self._calls.post(finish)

        self._driver.post(run)

    def may_ask_for_secret(self, text: str) -> bool:
        """Return whether a line of input is a command that asks for a password."""
        found = self.commands.find(split_command(text)[0]) if is_command(text) else None
        return found is not None and found.takes_secret

    def may_keep(self, text: str, room: str) -> bool:
        """Return whether a line of input may be kept: not a secret, and not typed too early."""
        has_been_online = self._driver.read(lambda state: state.has_been_online)
        return has_been_online and not self.has_secret(text, room)

    def has_secret(self, text: str, room: str) -> bool:
        """Return whether a text carries a secret, in any of its lines."""
        return any(input_has_secret(line, room, self.commands) for line in text.split("\n"))

    def complete(self, text: str, room: str) -> CompletionCycle:
        """Return the completions of the last word of a text."""
        words = self._driver.read(lambda state: completion_words(state, room, self.commands))
        return find_suggestions(text, words, self.commands)
