"""Line mode: a prompt at the bottom, and everything that happens above it.

The prompt runs in the main thread, the driver in its own. What is typed is posted to the driver; what the
driver shows is printed above the prompt (`patch_stdout`), so incoming lines do not tear it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout

from app.client.display.rendering import Renderer
from app.client.display.style import Piece, Style, paint, piece
from app.client.driver import Driver
from app.client.protocol.events import ClientEvent
from app.client.protocol.model import ClientState
from app.client.ui import command_registry, commands
from app.client.ui.command_registry import perform
from app.client.ui.completion import PromptCompleter, Words, words_of
from app.client.ui.controller import Controller
from app.client.ui.questions import Question
from app.errors import ChatError

TABLES = (commands,)  # importing it fills the table of commands
PREVIEW_LENGTH = 40  # characters of a waiting line that are shown


class CarefulHistory(InMemoryHistory):
    """What was typed, without answers to secret questions and without passwords."""

    def __init__(self, is_secret: Callable[[], bool]) -> None:
        super().__init__()
        self._is_secret = is_secret

    def append_string(self, string: str) -> None:
        """Keep a line unless it must not be kept."""
        if not self._is_secret() and not command_registry.shows_secret(string):
            super().append_string(string)


class LineMode:
    """The person's side of line mode."""

    def __init__(
        self,
        driver: Driver,
        renderer: Renderer,
        write: Callable[[str], None] = print,
        source: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._driver = driver
        self._renderer = renderer
        self._write = write
        self._error: ChatError | None = None
        self._draft = ""
        self.controller = Controller(driver, renderer.view, self._display)
        self.controller.on_question = self._stash
        self._prompt = self._new_prompt(source, output)

    def run(self) -> None:
        """Talk until the person ends it.

        Raises: ChatError when the server is not one to talk to.
        """
        driving = threading.Thread(target=self._drive, name="driver", daemon=True)
        with patch_stdout(raw=True):
            driving.start()
            with self._prompt.input.raw_mode():  # or what is typed between two prompts echoes
                for text, question in self._typed():
                    self._driver.post(self._taking(text, question))
            driving.join()
        if self._error:
            raise self._error

    def input_history(self) -> list[str]:
        """Return what the prompt remembers of what was typed, oldest first."""
        return self._prompt.history.get_strings()

    def _new_prompt(self, source: Input | None, output: Output | None) -> PromptSession[str]:
        return PromptSession(
            message=self._message,
            is_password=Condition(self._is_secret),
            history=CarefulHistory(self._is_secret),
            completer=PromptCompleter(self._words),
            complete_while_typing=False,
            bottom_toolbar=self._toolbar,
            erase_when_done=True,
            input=source,
            output=output,
        )

    def _drive(self) -> None:
        """Run the driver; when it ends, so does the prompt."""
        try:
            self._driver.run()
        except ChatError as error:
            self._error = error
        finally:
            self.controller.is_over = True
            self._in_prompt(self._leave_if_over)

    def _in_prompt(self, deed: Callable[[], None]) -> None:
        """Do something in the prompt's own thread, if there is a prompt just now."""
        loop = self._prompt.app.loop
        with suppress(RuntimeError):  # the prompt ended in this very moment
            if loop and self._prompt.app.is_running:
                loop.call_soon_threadsafe(deed)

    def _leave_if_over(self) -> None:
        """End the prompt when the talk is over; called in the prompt's own thread."""
        application = self._prompt.app
        if self.controller.is_over and application.is_running and not application.is_done:
            application.exit(exception=EOFError())

    def _typed(self) -> Iterator[tuple[str, Question | None]]:
        """Return what the person types, and which question it answers, until the end of input or talk."""
        while not self.controller.is_over:
            draft, self._draft = self._draft, ""
            try:
                text = self._prompt.prompt(default=draft, pre_run=self._leave_if_over)
                yield text, self.controller.questions.current
            except KeyboardInterrupt:
                self._driver.post(self._cancel)
            except EOFError:
                self._driver.post(self._end)
                return

    def _stash(self) -> None:
        """A question comes while something is being typed: put that aside until it is answered."""
        self._in_prompt(self._empty_prompt)

    def _empty_prompt(self) -> None:
        self._draft = self._draft or self._prompt.default_buffer.text
        self._prompt.default_buffer.reset()

    def _taking(self, text: str, question: Question | None) -> Callable[[], None]:
        """Return the deed of taking one typed line, in the driver's thread."""

        def take() -> None:
            try:
                self._take(text, question)
            except ChatError as error:
                self.controller.tell(error.sentence, is_error=True)

        return take

    def _take(self, text: str, question: Question | None) -> None:
        if question is not None:
            self.controller.questions.answer(question, text)
        elif text.strip():
            perform(self.controller, text)

    def _cancel(self) -> None:
        """Ctrl-C: drop the question, or say how to end."""
        if self.controller.questions.current:
            self.controller.questions.cancel()
        else:
            self.controller.tell("Ctrl-D or /disconn ends the program, /quit leaves the room.")

    def _end(self) -> None:
        if not self.controller.is_over:
            self.controller.end()

    def _display(self, event: ClientEvent) -> None:
        """Print an event above the prompt, and let the prompt follow the state."""
        for line in self._renderer.render(event):
            self._write(line)
        self._in_prompt(self._prompt.app.invalidate)

    def _is_secret(self) -> bool:
        question = self.controller.questions.current
        return question is not None and question.is_secret

    def _words(self) -> Words:
        if self.controller.questions.current:
            return Words()
        return self._driver.look(lambda state: words_of(state, self.controller.view.room))

    def _message(self) -> ANSI:
        """Return the prompt: the question, or where one is."""
        question = self.controller.questions.current
        text = question.prompt if question else f"{self.controller.view.room or '(no room)'}> "
        return ANSI(paint([piece(text, Style.BOLD)], self._renderer.has_colours))

    def _toolbar(self) -> ANSI:
        """Return the line at the bottom: who and where one is, and what waits."""
        return ANSI(paint(self._driver.look(self._summary), has_colours=False))

    def _summary(self, state: ClientState) -> list[Piece]:
        guest = " (guest)" if state.is_online and not state.connection.account else ""
        status = f" {state.nick}{guest} · {state.connection.phase.value}"
        room = state.find_room(self.controller.view.room)
        people = f" · {room.name}: {len(room.members)} here" if room and room.is_joined else ""
        return [piece(status + people + _waiting(state))]


def _waiting(state: ClientState) -> str:
    """Say which lines are not stored yet, and how many were not."""
    parts = []
    if state.pending:
        first = next(iter(state.pending.values())).text
        parts.append(f" · sending {len(state.pending)}: {first[:PREVIEW_LENGTH]}…")
    if state.failed:
        parts.append(f" · {len(state.failed)} not sent (/resend)")
    return "".join(parts)
