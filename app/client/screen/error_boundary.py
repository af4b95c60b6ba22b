"""Keeps the screen alive when a part of it has a defect.

Textual ends the application at the first exception in a handler. Here, every part contains its own:
the exception is reported, and the next message is handled as usual. A part that cannot be drawn is
blank.
"""

from collections.abc import Callable
from typing import cast

from textual.app import App
from textual.geometry import Region
from textual.message import Message
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from app.client.repeat_limit import RepeatLimit
from app.client.storage.error_log import ErrorLog
from app.clock import Clock
from app.errors import describe_defect


class DefectReporter:
    """Logs defects and shows a notice, but the same one only once a minute."""

    def __init__(self, log: ErrorLog, clock: Clock, show: Callable[[str], None]) -> None:
        self._log = log
        self._clock = clock
        self._show = show
        self._repeat_limit = RepeatLimit(clock)
        self.count = 0

    def report(self, error: BaseException) -> None:
        """Report an unexpected exception. Thread-safe if `show` is."""
        self.count += 1
        if self._repeat_limit.admit(describe_defect(error)):
            self._show(self._log.explain(error, self._clock.now()))


class ErrorBoundary:
    """Mixed into a part of the screen, before its Textual class: its exceptions end there."""

    async def _dispatch_message(self, message: Message) -> None:
        try:
            await super()._dispatch_message(message)  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - whatever it is, the screen goes on
            self._report(error)

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the lines within a region, or blank ones if they cannot be drawn."""
        try:
            lines: list[Strip] = super().render_lines(crop)  # type: ignore[misc]
        except Exception as error:  # noqa: BLE001 - whatever it is, the other parts are drawn
            self._report(error)
            return [Strip.blank(crop.width) for _ in range(crop.height)]
        return lines

    def _report(self, error: Exception) -> None:
        cast(Widget, self).app._handle_exception(error)


class MainScreen(ErrorBoundary, Screen[None]):
    """The screen that holds all parts."""

    AUTO_FOCUS = "#composer"


class ResilientApp(ErrorBoundary, App[None]):
    """An application that no defect ends once its first frame was shown."""

    def __init__(self, log: ErrorLog, clock: Clock) -> None:
        super().__init__()
        self.has_first_frame = False
        self.defects = DefectReporter(log, clock, self.show_defect)

    def show_defect(self, sentence: str) -> None:
        """Show a sentence about a defect."""
        self.notify(sentence, severity="error", markup=False)

    def _handle_exception(self, error: Exception) -> None:
        if self.has_first_frame:
            self.defects.report(error)
        else:
            super()._handle_exception(error)
            self._exit_renderables.clear()  # the traceback with its values; the caller explains the error

    @property
    def startup_error(self) -> Exception | None:
        """The defect that ended the application before its first frame."""
        return self._exception
