"""Line mode: a prompt at the bottom of the terminal, with messages scrolling above it.

The prompt runs in the main thread and the driver in a separate thread. The driver's output is
printed above the prompt (`patch_stdout`) and does not disturb it.

A line of input belongs to the question that the prompt showed while it was typed. Each line is
posted to the driver, and the next one is read only after the driver has processed it. So an answer
to a question, a password above all, cannot be mistaken for a message.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from prompt_toolkit import PromptSession
from prompt_toolkit.clipboard import InMemoryClipboard
from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import ANSI
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.output import Output
from prompt_toolkit.patch_stdout import patch_stdout

from app.client.display.rendering import Renderer
from app.client.display.style import Style, paint, piece
from app.client.driver import Driver
from app.client.notifications.notifier import Notifier
from app.client.protocol import intents
from app.client.protocol.events import ClientEvent
from app.client.storage.client_storage import ClientStorage
from app.client.ui.command_registry import SlashCommands, split_command
from app.client.ui.completion.candidates import Words, completion_words
from app.client.ui.completion.prompt_completer import PromptCompleter
from app.client.ui.controller import Controller
from app.client.ui.input_history import InputHistory
from app.client.ui.questions import Question
from app.client.ui.secrets import input_has_secret, is_command
from app.client.ui.toolbar import describe_status
from app.errors import UsageError

POLL_SECONDS = 0.5  # between two checks that the driver is still running
WATCHING_MILLISECONDS = 30_000  # after a line of input, the user is taken to be present


class _PromptOutdated(Exception):
    """The prompt does not show the current question."""


class LineMode:
    """An interactive session in line mode."""

    def __init__(
        self,
        driver: Driver,
        renderer: Renderer,
        commands: SlashCommands,
        storage: ClientStorage,
        notifier: Notifier | None = None,
        write: Callable[[str], None] = print,
        source: Input | None = None,
        output: Output | None = None,
    ) -> None:
        self._driver = driver
        self._renderer = renderer
        self._write = write
        self._error: Exception | None = None
        self._draft = ""
        self._last_input = -WATCHING_MILLISECONDS  # time of the latest line of input
        self.question: Question | None = None  # the one that the prompt shows
        self._thread = threading.Thread(target=self._run_driver, name="driver", daemon=True)
        self.controller = Controller(driver, renderer.context, self._display, commands, storage, notifier)
        self.controller.is_watching = self._is_watching
        self.controller.on_question = self._on_question
        self.controller.on_switch = lambda room: self.controller.notify(f"Now talking to {room}.")
        history = InputHistory(self._may_keep, storage.open_history())
        self._prompt = self._create_prompt(history, source, output)

    def run(self) -> None:
        """Run until the user ends the program.

        Raises: what `Driver.run` raises.
        """
        with patch_stdout(raw=True):
            self._thread.start()
            with self._prompt.input.raw_mode():  # otherwise keys pressed between prompts are echoed
                self._converse()
            self._thread.join()
        if self._error:
            raise self._error

    def input_history(self) -> list[str]:
        """Return the prompt's input history, oldest first."""
        return self._prompt.history.get_strings()

    def _create_prompt(
        self, history: InputHistory, source: Input | None, output: Output | None
    ) -> PromptSession[str]:
        return PromptSession(
            message=partial(self._render, self._message),
            is_password=Condition(self._is_asking_secret),
            history=history,
            completer=PromptCompleter(self._completion_words, self._driver.report),
            complete_while_typing=False,
            enable_suspend=True,
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
            self._call_in_prompt(self._check_prompt)

    def _call_in_prompt(self, call: Callable[[], None]) -> None:
        """Schedule a call in the prompt's thread, if a prompt is being shown."""
        loop = self._prompt.app.loop
        with suppress(RuntimeError):  # the prompt has just ended
            if loop and self._prompt.app.is_running:
                loop.call_soon_threadsafe(call)

    def _converse(self) -> None:
        """Read input until the input or the session ends."""
        while not self.controller.has_ended:
            self.question = self.controller.questions.current
            draft = "" if self.question else self._take_draft()
            try:
                text = self._prompt.prompt(default=draft, pre_run=self._check_prompt)
                self._answer_or_run(text)
            except _PromptOutdated:
                continue
            except KeyboardInterrupt:
                self._take_typeahead()
                self._run_in_driver(self._on_interrupt)
            except EOFError:
                self._run_in_driver(self._end)

    def _take_draft(self) -> str:
        draft, self._draft = self._draft, ""
        return draft

    def _run_in_driver(self, call: Callable[[], None]) -> None:
        """Run a call in the driver's thread, and wait until it has returned."""
        has_returned = threading.Event()

        def run() -> None:
            try:
                call()
            finally:
                has_returned.set()

        self._driver.post(run)
        while not has_returned.wait(POLL_SECONDS) and self._thread.is_alive():
            pass

    def _on_question(self) -> None:
        self._call_in_prompt(self._check_prompt)

    def _check_prompt(self) -> None:
        """Exit the prompt if the session has ended, or if there is another question to ask.

        A message being typed is saved until the question has been answered. Must be called in the
        prompt's thread.
        """
        application = self._prompt.app
        if not application.is_running or application.is_done:
            return
        if self.controller.has_ended:
            application.exit(exception=EOFError())
        elif self._is_outdated():
            self._draft = self._draft or ("" if self.question else self._prompt.default_buffer.text)
            application.exit(exception=_PromptOutdated())

    def _is_outdated(self) -> bool:
        """Return whether the prompt does not show the current question."""
        current = self.controller.questions.current
        return (current and current.prompt) != (self.question and self.question.prompt)

    def _answer_or_run(self, text: str) -> None:
        """Process a line of input. What follows the end of a dialogue about a secret is discarded.

        Whatever follows a password in a paste, or is typed blindly, would become a message.
        """
        is_about_secret = self._is_asking_secret() or self._may_ask_for_secret(text)
        typed_ahead = self._take_typeahead() if is_about_secret else []
        self._run_in_driver(partial(self._process, text))
        if self.controller.questions.current:
            store_typeahead(self._prompt.input, typed_ahead)

    def _take_typeahead(self) -> list[KeyPress]:
        """Remove and return the keys typed ahead, and forget what was cut."""
        self._prompt.clipboard = InMemoryClipboard()
        source = self._prompt.input
        return [*get_typeahead(source), *source.read_keys(), *source.flush_keys()]

    def _process(self, text: str) -> None:
        """Process one line of input; it shows that the user has read what is on the screen."""
        self._driver.execute(intents.mark_read_at_intervals)
        self._last_input = self._driver.clock.now()
        question = self.question
        if question is None and self._is_asked_in_the_meantime():
            self._draft = text
        elif question is None:
            if text.strip():
                self.controller.run(text)
        elif "\n" in text.strip("\r\n"):
            raise UsageError("The answer must be one line.")
        else:
            self.controller.questions.answer(question, text.strip("\r\n"))

    def _is_asked_in_the_meantime(self) -> bool:
        """Return whether a secret has been asked for since the prompt was shown."""
        current = self.controller.questions.current
        return current is not None and current.is_secret

    def _on_interrupt(self) -> None:
        """On Ctrl-C, cancel the question or explain how to exit."""
        if self.question:
            self.controller.questions.cancel(self.question)
        else:
            self.controller.notify("To exit, press Ctrl-D or use /exit. To leave the room, use /part.")

    def _end(self) -> None:
        if not self.controller.has_ended:
            self.controller.end()

    def _display(self, event: ClientEvent) -> None:
        """Print an event above the prompt, and refresh the prompt."""
        for line in self._renderer.render(event):
            self._write(line)
        self._call_in_prompt(self._prompt.app.invalidate)

    def _is_watching(self, room: str) -> bool:
        """Return whether the user, who sees all rooms at once, has just pressed Enter."""
        return self._driver.clock.now() - self._last_input < WATCHING_MILLISECONDS

    def _is_asking_secret(self) -> bool:
        return self.question is not None and self.question.is_secret

    def _may_keep(self, text: str) -> bool:
        """Return whether a line of input may be kept in the input history."""
        controller = self.controller
        may_be_password = self.question is not None or not controller.state.has_been_online
        return not may_be_password and not input_has_secret(text, controller.view.room, controller.commands)

    def _may_ask_for_secret(self, text: str) -> bool:
        """Return whether a line of input is a command that asks for a password."""
        found = self.controller.commands.find(split_command(text)[0]) if is_command(text) else None
        return self.question is None and found is not None and found.takes_secret

    def _completion_words(self) -> Words:
        if self.question:
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
        text = self.question.prompt if self.question else f"{self.controller.view.room or '(no room)'}> "
        return ANSI(paint([piece(text, Style.BOLD)], self._renderer.has_colours))

    def _toolbar(self) -> ANSI:
        room = self.controller.view.room
        text = self._driver.read(lambda state: describe_status(state, room))
        return ANSI(paint([piece(text)], has_colours=False))
