"""Line mode: a prompt at the bottom of the terminal, with messages scrolling above it.

The prompt runs in the main thread and the driver in a separate thread. Input is posted to the
driver. The driver's output is printed above the prompt (`patch_stdout`) and does not disturb it.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial

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
from app.client.protocol import intents
from app.client.protocol.events import ClientEvent
from app.client.protocol.model import ClientState
from app.client.ui.command_registry import SlashCommands
from app.client.ui.commands.table import slash_commands
from app.client.ui.completion import PromptCompleter, Words, completion_words
from app.client.ui.controller import Controller
from app.client.ui.questions import Question
from app.text.columns import shorten

MAX_PREVIEW_COLUMNS = 40  # of a pending message in the toolbar


class PasswordFreeHistory(InMemoryHistory):
    """Input history that excludes answers to secret questions and lines with passwords."""

    def __init__(self, is_secret: Callable[[], bool], commands: SlashCommands) -> None:
        super().__init__()
        self._is_secret = is_secret
        self._commands = commands

    def append_string(self, string: str) -> None:
        """Store a line, unless it may contain a password."""
        if not self._is_secret() and not self._commands.has_password(string):
            super().append_string(string)


class LineMode:
    """An interactive session in line mode."""

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
        self._error: Exception | None = None
        self._draft = ""
        self.controller = Controller(driver, renderer.context, self._display, slash_commands())
        self.controller.on_question = self._stash_draft
        self._prompt = self._create_prompt(source, output)

    def run(self) -> None:
        """Run until the user ends the program.

        Raises: what `Driver.run` raises.
        """
        driver_thread = threading.Thread(target=self._run_driver, name="driver", daemon=True)
        with patch_stdout(raw=True):
            driver_thread.start()
            with self._prompt.input.raw_mode():  # otherwise keys pressed between prompts are echoed
                for text, question in self._read_lines():
                    self._driver.post(self._create_call(text, question))
            driver_thread.join()
        if self._error:
            raise self._error

    def input_history(self) -> list[str]:
        """Return the prompt's input history, oldest first."""
        return self._prompt.history.get_strings()

    def _create_prompt(self, source: Input | None, output: Output | None) -> PromptSession[str]:
        return PromptSession(
            message=partial(self._render, self._message),
            is_password=Condition(self._is_secret),
            history=PasswordFreeHistory(self._is_secret, self.controller.commands),
            completer=PromptCompleter(self._completion_words, self._driver.report),
            complete_while_typing=False,
            bottom_toolbar=partial(self._render, self._toolbar),
            erase_when_done=True,
            input=source,
            output=output,
        )

    def _run_driver(self) -> None:
        """Run the driver, then end the prompt."""
        try:
            self._driver.run()
        except Exception as error:  # noqa: BLE001 - raised in the main thread, which ends the program
            self._error = error
        finally:
            self.controller.has_ended = True
            self._call_in_prompt(self._exit_if_ended)

    def _call_in_prompt(self, call: Callable[[], None]) -> None:
        """Schedule a call in the prompt's thread, if a prompt is being shown."""
        loop = self._prompt.app.loop
        with suppress(RuntimeError):  # the prompt has just ended
            if loop and self._prompt.app.is_running:
                loop.call_soon_threadsafe(call)

    def _exit_if_ended(self) -> None:
        """Exit the prompt if the session has ended. Must be called in the prompt's thread."""
        application = self._prompt.app
        if self.controller.has_ended and application.is_running and not application.is_done:
            application.exit(exception=EOFError())

    def _read_lines(self) -> Iterator[tuple[str, Question | None]]:
        """Yield each line of input and the question it answers, until the input or session ends."""
        while not self.controller.has_ended:
            draft, self._draft = self._draft, ""
            try:
                text = self._prompt.prompt(default=draft, pre_run=self._exit_if_ended)
                yield text, self.controller.questions.current
            except KeyboardInterrupt:
                self._driver.post(self._on_interrupt)
            except EOFError:
                self._driver.post(self._end)

    def _stash_draft(self) -> None:
        """Save the text being typed until the new question has been answered."""
        self._call_in_prompt(self._clear_prompt)

    def _clear_prompt(self) -> None:
        self._draft = self._draft or self._prompt.default_buffer.text
        self._prompt.default_buffer.reset()

    def _create_call(self, text: str, question: Question | None) -> Callable[[], None]:
        """Return a call that processes one line of input in the driver's thread."""
        return partial(self._process, text, question)

    def _process(self, text: str, question: Question | None) -> None:
        """Process one line of input; it shows that the user has read what is on the screen."""
        self._driver.execute(intents.mark_read_at_intervals)
        if question is not None:
            self.controller.questions.answer(question, text)
        elif text.strip():
            self.controller.run(text)

    def _on_interrupt(self) -> None:
        """On Ctrl-C, cancel the question or explain how to exit."""
        if self.controller.questions.current:
            self.controller.questions.cancel()
        else:
            self.controller.notify("To exit, press Ctrl-D or use /disconn. To leave the room, use /quit.")

    def _end(self) -> None:
        if not self.controller.has_ended:
            self.controller.end()

    def _display(self, event: ClientEvent) -> None:
        """Print an event above the prompt, and refresh the prompt."""
        for line in self._renderer.render(event):
            self._write(line)
        self._call_in_prompt(self._prompt.app.invalidate)

    def _is_secret(self) -> bool:
        question = self.controller.questions.current
        return question is not None and question.is_secret

    def _completion_words(self) -> Words:
        if self.controller.questions.current:
            return Words()
        room, commands = self.controller.view.room, self.controller.commands
        return self._driver.read(lambda state: completion_words(state, room, commands))

    def _render(self, text: Callable[[], ANSI]) -> ANSI:
        """Return a text of the prompt, or none if it has a defect, which is reported."""
        try:
            return text()
        except Exception as error:  # noqa: BLE001 - it would end the prompt
            self._driver.report(error)
            return ANSI("")

    def _message(self) -> ANSI:
        """Return the prompt: the current question or the current room."""
        question = self.controller.questions.current
        text = question.prompt if question else f"{self.controller.view.room or '(no room)'}> "
        return ANSI(paint([piece(text, Style.BOLD)], self._renderer.has_colours))

    def _toolbar(self) -> ANSI:
        return ANSI(paint(self._driver.read(self._status), has_colours=False))

    def _status(self, state: ClientState) -> list[Piece]:
        """Return the toolbar text: nick, phase, current room and the number of unsent messages."""
        guest = " (guest)" if state.is_online and not state.connection.account else ""
        status = f" {state.nick}{guest} · {state.connection.phase.value}"
        room = state.find_room(self.controller.view.room)
        members = ""
        if room and room.is_joined:
            count = len(room.members)
            members = f" · {room.name}: {count} member{'s' * (count != 1)}"
        return [piece(status + members + _unsent(state))]


def _unsent(state: ClientState) -> str:
    """Return the toolbar text about pending and failed messages."""
    parts = []
    queued = intents.queued_messages(state)
    if queued:
        parts.append(f" · {len(queued)} queued (/cancel)")
    sending = [message.text for message in state.pending.values() if message not in queued]
    if sending:
        parts.append(f" · sending {len(sending)}: {shorten(sending[0], MAX_PREVIEW_COLUMNS)}")
    if state.failed:
        parts.append(f" · {len(state.failed)} not sent (/resend)")
    return "".join(parts)
