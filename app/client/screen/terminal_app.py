"""The terminal of the application: themes, toasts and control sequences."""

from textual.app import App
from textual.filter import NoColor

from app.client.notifications.alerts import Alert
from app.client.screen.error_boundary import ResilientApp
from app.client.screen.options import ScreenOptions
from app.client.screen.textual_fixes.background_reply import BackgroundReported
from app.client.screen.theme import AUTOMATIC, choose_theme, create_themes
from app.client.storage.error_log import ErrorLog
from app.client.terminal.background import QUERY
from app.client.terminal.job_control import has_job_control
from app.clock import Clock


class TerminalApp(ResilientApp):
    """An application in the theme that the user wants, which may depend on the background.

    The terminal is asked for its background only if the theme depends on it, after the first frame.
    """

    def __init__(
        self, log: ErrorLog, clock: Clock, options: ScreenOptions, terminal_background: str | None
    ) -> None:
        super().__init__(log, clock)
        self._terminal_background = terminal_background
        self._chosen_theme = AUTOMATIC
        self._has_asked_background = not options.has_colours
        self._register_themes()
        self.use_theme(options.theme if options.has_colours else AUTOMATIC)
        if not options.has_colours:
            self._filters.append(NoColor())  # Textual itself would leave shades of grey

    def _register_themes(self) -> None:
        for theme in create_themes(self._terminal_background):
            self.register_theme(theme)

    def use_theme(self, name: str) -> None:
        """Show everything in a theme."""
        self._chosen_theme = name
        self.theme = choose_theme(name, self._terminal_background)
        self.ask_background()

    def ask_background(self) -> None:
        """Ask the terminal for its background once, if the theme depends on it."""
        if self.has_first_frame and self._chosen_theme == AUTOMATIC and not self._has_asked_background:
            self._has_asked_background = True
            self.write_sequence(QUERY)

    def on_background_reported(self, event: BackgroundReported) -> None:
        """Adapt the theme to the background of the terminal."""
        self._terminal_background = event.colour
        self._register_themes()
        self.theme = choose_theme(self._chosen_theme, event.colour)
        self.mutate_reactive(App.theme)  # the same theme may have other colours of nicks

    def suspend_process(self) -> None:
        """Return to the shell until it continues the program, unless there is none."""
        if has_job_control():
            self.action_suspend_process()
        else:
            self.notify_user("Cannot suspend: there is no shell to continue the program.")

    def notify_user(self, text: str) -> None:
        """Show a short text as a toast."""
        self.notify(text, markup=False)

    def show_alert(self, alert: Alert) -> None:
        """Show an alert as a toast."""
        self.notify(alert.body, title=alert.title, markup=False)

    def write_sequence(self, sequence: str) -> None:
        """Write a control sequence to the terminal, between two frames."""
        if self._driver is not None:
            self._driver.write(sequence)
