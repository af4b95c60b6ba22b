"""The actions on the screen as a whole."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from app.client.screen.actions.timeline_navigation import TimelineNavigation
from app.client.screen.keys import Action
from app.client.screen.presenter import Presenter
from app.client.screen.terminal_app import TerminalApp


class ScreenActions:
    """The help, the thread pane, Ctrl-C and Esc.

    `keys` has the keys in use, by the ids of their bindings.
    """

    def __init__(
        self,
        app: TerminalApp,
        presenter: Presenter,
        navigation: TimelineNavigation,
        keys: Mapping[str, str],
        settings_files: Sequence[Path],
        show_hint: Callable[[], None],
    ) -> None:
        self._app = app
        self._presenter = presenter
        self._widgets = presenter.widgets
        self._session = presenter.session
        self._navigation = navigation
        self._keys = keys
        self._settings_files = settings_files
        self._show_hint = show_hint

    def actions(self) -> dict[str, Action]:
        """Return the actions by the ids of their keys."""
        return {
            "help": self._show_help,
            "thread": self.toggle_thread,
            "interrupt": self._interrupt,
            "back": self._go_back,
        }

    def _show_help(self) -> None:
        from app.client.screen.dialogs.help import HelpScreen, list_help  # not for the first frame

        sections = list_help(self._keys, self._session.commands, self._settings_files)
        self._app.push_screen(HelpScreen(sections))

    def toggle_thread(self) -> None:
        """Show the thread of the selected message, or close the thread."""
        entry = self._widgets.messages.selected_entry
        if self._presenter.close_thread():
            return
        if entry is None or not entry.is_message:
            key = self._keys["select-previous"]
            self._app.notify_user(f"Select a message with {key} to see its thread.")
        else:
            self._presenter.show_thread(entry)

    def _interrupt(self) -> None:
        """Clear the input or cancel the question; never end the program."""
        if self._session.input.question is not None:
            self._session.input.cancel(self._session.input.question)
        elif self._widgets.composer.text:
            self._widgets.composer.show_text("")
        else:
            self._app.notify_user(f"Press {self._keys['quit']} or type /quit to end the program.")

    def _go_back(self) -> None:
        """Cancel a reply or an edit, close the thread, or go back to the latest messages."""
        if self._widgets.input.cancel_reference():
            self._show_hint()
            return
        if self._presenter.close_thread():
            return
        self._presenter.show_messages()
        self._navigation.go_to_end()
        self._widgets.composer.focus()
