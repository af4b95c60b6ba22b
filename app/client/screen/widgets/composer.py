"""The input: several lines, sent with Enter."""

import re
from collections.abc import Callable

from textual import on
from textual.events import Key, Paste
from textual.message import Message
from textual.widgets import TextArea

from app.client.screen.error_boundary import ErrorBoundary
from app.client.screen.input.completion_cycle import CompletionCycle, completes_while_typing
from app.client.screen.input.input_recall import InputRecall
from app.client.screen.keys import COMPOSER_KEYS

LINE_END = re.compile("[\r\n]")  # most terminals send a carriage return for it


class Composer(ErrorBoundary, TextArea):
    """A text to be sent. Enter sends it, Alt-Enter begins another line."""

    DEFAULT_CSS = """
    Composer { height: auto; min-height: 1; max-height: 8; border: none; padding: 0 1; }
    Composer:focus { border: none; }
    """
    BINDINGS = list(COMPOSER_KEYS)

    class Submitted(Message):
        """The user has finished a text; `is_pasted` if several lines of it were pasted."""

        def __init__(self, text: str, is_pasted: bool) -> None:
            super().__init__()
            self.text = text
            self.is_pasted = is_pasted

    class CompletionsChanged(Message):
        """There are other completions, or another one was chosen; None if they are not shown."""

        def __init__(self, cycle: CompletionCycle | None, typed: str) -> None:
            super().__init__()
            self.cycle = cycle
            self.typed = typed

    def __init__(self, recall: InputRecall, complete: Callable[[str], CompletionCycle]) -> None:
        super().__init__(
            id="composer",
            compact=True,
            highlight_cursor_line=False,
            placeholder="Message",
            show_line_numbers=False,
        )
        self.cursor_blink = False  # a blinking cursor would wake the program twice a second
        self._recall = recall
        self._complete = complete
        self._cycle: CompletionCycle | None = None
        self._known_text: str | None = None  # set by the program, so that nothing is suggested for it
        self._has_pasted_lines = False

    def show_text(self, text: str) -> None:
        """Replace the text, with the cursor at its end."""
        self._known_text = text
        self.text = text
        self.move_cursor(self.document.end)
        self._close_completions()

    def restore(self, text: str, is_pasted: bool) -> None:
        """Insert a text above the draft; if it was pasted, sending it asks again."""
        self.show_text("\n".join(filter(None, [text, self.text])))
        self._has_pasted_lines = self._has_pasted_lines or is_pasted

    @property
    def is_idle(self) -> bool:
        """Whether keys are typed here, but nothing has been written or recalled."""
        return self.has_focus and bool(self.display) and not self.text and not self._recall.is_recalling

    @property
    def is_written(self) -> bool:
        """Whether there is a text that the user, not the program, has written."""
        return bool(self.text) and self.text != self._known_text

    # Keys

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Whether a key is typed before bindings of other parts see it: not while idle."""
        return not self.is_idle and super().check_consume_key(key, character)

    async def on_key(self, event: Key) -> None:
        """Send the text on Enter; what TextArea does with characters follows.

        Keys with an action act at once: Textual would wait until the application has seen them,
        and what is typed meanwhile would be there before.
        """
        if event.key == "enter":
            event.prevent_default()
            event.stop()
            self._submit()
        elif event.key == "escape" and self._cycle is not None:
            event.prevent_default()
            event.stop()
            self._close_completions()
        elif (bindings := self._bindings.key_to_bindings.get(event.key)) and not event.is_printable:
            event.prevent_default()
            event.stop()
            await self.run_action(bindings[0].action)

    def _submit(self) -> None:
        text, is_pasted = self.text, self._has_pasted_lines
        self.show_text("")
        self._has_pasted_lines = False
        self._recall.stop()
        if text.strip():
            self.post_message(self.Submitted(text, is_pasted))

    def on_paste(self, event: Paste) -> None:
        """Remember that several lines were pasted, so that sending them asks first."""
        self._has_pasted_lines = self._has_pasted_lines or bool(LINE_END.search(event.text.strip("\r\n")))

    def action_newline(self) -> None:
        """Begin another line."""
        start, end = self.selection
        self.replace("\n", start, end)

    def action_cursor_up(self, select: bool = False) -> None:
        """Move up; from the first line, to the previous entry of the history."""
        if select or not self.navigator.is_first_wrapped_line(self.cursor_location):
            super().action_cursor_up(select)
        elif self._cycle is not None:
            self.action_complete(-1)
        else:
            self.action_recall(-1)

    def action_cursor_down(self, select: bool = False) -> None:
        """Move down; from the last line, to the next entry of the history."""
        if select or not self.navigator.is_last_wrapped_line(self.cursor_location):
            super().action_cursor_down(select)
        elif self._cycle is not None:
            self.action_complete(1)
        else:
            self.action_recall(1)

    def action_recall(self, step: int) -> None:
        """Show the previous or the next entry of the history."""
        found = self._recall.go_back(self.text) if step < 0 else self._recall.go_forward()
        if found is not None:
            self.show_text(found)

    # Completion

    @property
    def _typed(self) -> str:
        """The text of the line up to the cursor; a line after the first begins with a space."""
        row, column = self.cursor_location
        return (" " if row else "") + self.document.get_line(row)[:column]

    def action_complete(self, step: int) -> None:
        """Insert the next completion of the word before the cursor."""
        cycle = self._cycle or self._complete(self._typed)
        if cycle.suggestions:
            before = len(cycle.inserted)
            self._insert_completion(cycle, before, cycle.step(step))

    def choose_completion(self, index: int) -> None:
        """Insert a completion from the list."""
        if self._cycle is not None and index < len(self._cycle.suggestions):
            before = len(self._cycle.inserted)
            self._cycle.index = index
            self._insert_completion(self._cycle, before, self._cycle.inserted)
        self.focus()

    def _insert_completion(self, cycle: CompletionCycle, replaced: int, text: str) -> None:
        row, column = self.cursor_location
        result = self.replace(text, (row, column - replaced), (row, column))
        self.move_cursor(result.end_location)
        self._known_text = self.text
        self._show_completions(cycle if len(cycle.suggestions) > 1 else None)

    def _show_completions(self, cycle: CompletionCycle | None) -> None:
        self._cycle = cycle
        self.post_message(self.CompletionsChanged(cycle, self._typed))

    def _close_completions(self) -> None:
        self._show_completions(None)

    @on(TextArea.Changed)
    def _suggest(self) -> None:
        """Offer completions while the user types."""
        if self.text == self._known_text:
            return
        self._known_text = None
        if not self.text:
            self._has_pasted_lines = False
        cycle = self._complete(self._typed) if completes_while_typing(self._typed) else None
        self._show_completions(cycle if cycle and cycle.suggestions else None)
