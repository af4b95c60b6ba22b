"""What the application does with its terminal: themes, notices and control sequences."""

from textual.filter import NoColor

from app.client.notifications.alerts import Alert
from app.client.screen.error_boundary import ResilientApp
from app.client.screen.options import ScreenOptions
from app.client.screen.theme import AUTOMATIC, choose_theme, create_themes
from app.client.storage.error_log import ErrorLog
from app.clock import Clock


class TerminalApp(ResilientApp):
    """An application in the theme that the user wants, which may depend on the background."""

    def __init__(
        self, log: ErrorLog, clock: Clock, options: ScreenOptions, terminal_background: str | None
    ) -> None:
        super().__init__(log, clock)
        for theme in create_themes(terminal_background):
            self.register_theme(theme)
        self._terminal_background = terminal_background
        self.use_theme(options.theme if options.has_colours else AUTOMATIC)
        if not options.has_colours:
            self._filters.append(NoColor())  # Textual itself would leave shades of grey

    def use_theme(self, name: str) -> None:
        """Show everything in a theme."""
        self.theme = choose_theme(name, self._terminal_background)

    def notify_user(self, text: str) -> None:
        """Show a short notice above the screen."""
        self.notify(text, markup=False)

    def show_alert(self, alert: Alert) -> None:
        """Show a message that arrived elsewhere above the screen."""
        self.notify(alert.body, title=alert.title, markup=False)

    def write_sequence(self, sequence: str) -> None:
        """Write a control sequence to the terminal, between two frames."""
        if self._driver is not None:
            self._driver.write(sequence)
