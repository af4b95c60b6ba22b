"""The input area: the composer with its drafts, references and completions, or a question."""

from collections.abc import Mapping

from textual.app import ComposeResult, SuspendNotSupported
from textual.containers import Vertical

from app.client.protocol.channel_view import ROOM_PREFIXES
from app.client.protocol.events import EditRefused
from app.client.screen.dialogs.chooser import Chooser
from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.input.completion_cycle import CompletionCycle, describe_usage
from app.client.screen.input.input_recall import InputRecall
from app.client.screen.input.input_session import InputSession
from app.client.screen.input.submission import MessageReference, ReferenceKind, Submission
from app.client.screen.keys import Action
from app.client.screen.message_lines.cells import shorten
from app.client.screen.widgets.choice_list import Choice, ChoiceList
from app.client.screen.widgets.composer import Composer
from app.client.screen.widgets.hint_line import HintLine
from app.client.screen.widgets.question_bar import QuestionBar
from app.client.storage.history_file import HistoryFile
from app.client.terminal.editor import edit_text
from app.client.workspace.buffer import STATUS
from app.client.workspace.workspace import Workspace
from app.errors import UsageError
from app.text.sanitise import clean
from app.wire.names import Key, fold

MARGIN_COLUMNS = 3  # beside the placeholder


class InputArea(ErrorBoundary, Vertical):
    """The draft of the room that is shown, and the question to answer instead."""

    DEFAULT_CSS = """
    InputArea { height: auto; }
    InputArea > #completions { display: none; }
    """

    def __init__(self, session: InputSession, workspace: Workspace, history: HistoryFile) -> None:
        super().__init__(id="input")
        self._session = session
        self._workspace = workspace
        self._recall = InputRecall(history)
        self._references: dict[Key, MessageReference] = {}  # by room
        self._has_left_status = False
        self.composer = Composer(self._recall, self._complete)
        self.question = QuestionBar()
        self._hint_line = HintLine()
        self._completions = ChoiceList(id="completions")
        session.on_refused = self.give_back
        session.on_question = self.show_question

    def compose(self) -> ComposeResult:
        """Yield the parts, of which either the question or the composer is shown."""
        yield self._hint_line
        yield self._completions
        yield self.question
        yield self.composer

    def _complete(self, typed: str) -> CompletionCycle:
        return self._session.complete(typed, self._workspace.current_name)

    def actions(self) -> dict[str, Action]:
        """Return the actions by the ids of their keys."""
        return {"search-input": self.search_input, "editor": self.open_editor}

    # Sending

    def on_composer_submitted(self, event: Composer.Submitted) -> None:
        """Send a text, or execute a command; a reference stays if the text is a command."""
        text = event.text
        room = self._workspace.current_name
        if self._session.is_stopped():
            self.give_back(Submission(text, room, None, event.is_pasted))
            return
        is_message = not text.lstrip().startswith("/") or text.lstrip().startswith("//")
        reference = self._references.pop(fold(room), None) if is_message else None
        if self._session.may_keep(text, room):
            self._recall.add(text)
        self.submit(Submission(text, room, reference, event.is_pasted))

    def submit(self, submission: Submission) -> None:
        """Send a text, or execute a command."""
        if self._session.may_ask_for_secret(submission.text):
            self._expect_question()
        self._session.submit(submission)

    def _expect_question(self) -> None:
        """Treat further typing as the answer to a question that is about to be asked."""
        self.question.expect()
        self.composer.display = False

    def give_back(self, submission: Submission) -> None:
        """Return a refused text to the input, above newer text."""
        if submission.reference is not None:
            self._references.setdefault(fold(submission.room), submission.reference)
        if submission.room in (STATUS, self._workspace.current_name):
            self.composer.restore(submission.text, submission.is_pasted)
        else:
            buffer = self._workspace.open(submission.room)
            buffer.draft = _join(submission.text, buffer.draft)

    def take_back_edit(self, event: EditRefused) -> None:
        """Return the text of a refused edit to the input."""
        self.give_back(Submission(event.text, event.room))

    # Drafts

    def leave_room(self) -> None:
        """Keep the draft of the room."""
        buffer, text = self._workspace.current, self.composer.text
        buffer.draft = text
        self._recall.stop()

    def enter_room(self) -> None:
        """Show the draft of the room; text typed before the first room belongs to that room."""
        buffer = self._workspace.current
        if buffer.name != STATUS and not self._has_left_status:
            self._has_left_status = True
            status = self._workspace.open(STATUS)
            buffer.draft, status.draft = _join(status.draft, buffer.draft), ""
        self.composer.show_text(buffer.draft)

    def find_drafts(self) -> dict[str, str]:
        """Return the unsent texts by the name of the room."""
        workspace = self._workspace
        drafts = {
            one.name: self.composer.text if one is workspace.current else one.draft
            for one in workspace.buffers.values()
        }
        return {name: draft for name, draft in drafts.items() if draft.strip()}

    def restore_drafts(self, drafts: Mapping[str, str]) -> None:
        """Restore the drafts of the previous start."""
        for room, text in drafts.items():
            is_direct = room != STATUS and room[:1] not in ROOM_PREFIXES
            self._workspace.open(room, is_direct).draft = text
        self.composer.restore(self._workspace.current.draft, is_pasted=False)

    # References

    @property
    def reference(self) -> MessageReference | None:
        """What the text being written refers to."""
        return self._references.get(fold(self._workspace.current_name))

    def refer(self, reference: MessageReference) -> None:
        """Write a text that refers to a message; an edit begins with its text."""
        self._references[fold(self._workspace.current_name)] = reference
        if reference.kind is ReferenceKind.EDIT:
            self.composer.show_text(reference.message.text)
        self.composer.focus()

    def cancel_reference(self) -> bool:
        """Drop the reference, and the text of an edit; return whether there was one."""
        reference = self._references.pop(fold(self._workspace.current_name), None)
        if reference is not None and reference.kind is ReferenceKind.EDIT:
            self.composer.show_text("")
        return reference is not None

    @property
    def _reference_hint(self) -> str:
        """What the text being written refers to, in words."""
        reference = self.reference
        if reference is None:
            return ""
        message = reference.message
        whose = "" if reference.kind is ReferenceKind.EDIT else f" {message.author}"
        return f"{reference.kind.value}{whose}: {message.text} (Esc cancels)"

    def show_hint(self, hint: str) -> None:
        """Show what the text refers to, and a hint in the empty input.

        The hint has no line of its own, so that messages stay where they are when one is selected.
        """
        self._hint_line.show(self._reference_hint)
        text = hint or f"Message {clean(self._workspace.current_name)}".rstrip()
        self.composer.placeholder = shorten(text, max(self.size.width - MARGIN_COLUMNS, 1))

    # Questions

    def show_question(self) -> None:
        """Ask the question that waits, or go back to the input."""
        question, bar, composer = self._session.question, self.question, self.composer
        if question is not None:
            composer.display = False
            bar.ask(question)
        elif not self._session.is_processing:
            bar.end()
            if not composer.display:
                composer.display = True
                composer.focus()

    def on_question_bar_answered(self, event: QuestionBar.Answered) -> None:
        """Pass an answer on."""
        self._session.answer(event.question, event.answer)

    def on_question_bar_dismissed(self, event: QuestionBar.Dismissed) -> None:
        """Cancel a question."""
        self._session.cancel(event.question)

    # Completion, history and editor

    def on_composer_completions_changed(self, event: Composer.CompletionsChanged) -> None:
        """Show completions or, while parameters are being typed, how the command is used."""
        cycle, commands = event.cycle, self._session.commands
        choices = list(cycle.suggestions) if cycle else list(describe_usage(event.typed, commands))
        self._completions.display = bool(choices)
        self._completions.show(choices, cycle.index if cycle else None)

    def on_choice_list_clicked(self, event: ChoiceList.Clicked) -> None:
        """Insert the completion that was clicked."""
        self.composer.choose_completion(event.index)

    def search_input(self) -> None:
        """Let the user choose an earlier input."""

        def find(query: str) -> list[Choice[str]]:
            entries = self._recall.latest_first()
            found = (entry for entry in entries if fold(query) in fold(entry))
            return [Choice(entry, clean(entry)) for entry in found]

        def show(entry: str | None) -> None:
            if entry is not None:
                self.composer.show_text(entry)

        self.app.push_screen(Chooser("Find an earlier input", find), show)

    def open_editor(self) -> None:
        """Write the text in the user's editor."""
        try:
            with self.app.suspend():
                text = edit_text(self.composer.text)
        except UsageError as error:
            self.app.notify(error.sentence, severity="error", markup=False)
        except SuspendNotSupported:
            self.app.notify("An editor cannot be opened in this terminal.", severity="error")
        else:
            self.composer.show_text(text)


def _join(given_back: str, written: str) -> str:
    """Return two texts, one above the other."""
    return "\n".join(filter(None, [given_back, written]))
