"""Which panes are visible: one at a time on narrow terminals, all on wide ones."""

from dataclasses import dataclass
from enum import Enum

NARROW_COLUMNS = 60  # below it, one pane at a time
WIDE_COLUMNS = 100  # below it, there are two columns unless more were asked for


class Pane(Enum):
    """A column of the screen."""

    ROOMS = "rooms"
    MESSAGES = "messages"
    MEMBERS = "members"


@dataclass(slots=True)
class PaneLayout:
    """Decides which panes are visible, from the width and the user's choices."""

    columns: int = WIDE_COLUMNS
    has_rooms: bool | None = None  # None: depending on the width
    has_members: bool | None = None
    has_thread: bool = False  # beside the messages
    only: Pane = Pane.MESSAGES  # on a narrow terminal

    @property
    def is_narrow(self) -> bool:
        """Whether one pane is visible at a time."""
        return self.columns < NARROW_COLUMNS

    @property
    def visible(self) -> set[Pane]:
        """The visible panes."""
        if self.is_narrow:
            return {self.only}
        toggled = {Pane.ROOMS: self._shows_rooms, Pane.MEMBERS: self._shows_members}
        return {Pane.MESSAGES, *(pane for pane, is_shown in toggled.items() if is_shown)}

    @property
    def _fits_rooms(self) -> bool:
        return self.columns >= WIDE_COLUMNS or not self.has_thread

    @property
    def _shows_rooms(self) -> bool:
        return self._fits_rooms if self.has_rooms is None else self.has_rooms

    @property
    def _shows_members(self) -> bool:
        return self.columns >= WIDE_COLUMNS if self.has_members is None else self.has_members

    def toggle(self, pane: Pane) -> None:
        """Show or hide the rooms or the members."""
        is_shown = pane in self.visible
        if self.is_narrow:
            self.only = Pane.MESSAGES if is_shown else pane
        elif pane is Pane.ROOMS:
            self.has_rooms = None if is_shown != self._fits_rooms else not is_shown
        else:
            self.has_members = not is_shown

    def show_messages(self) -> None:
        """Return to the messages on a narrow terminal."""
        self.only = Pane.MESSAGES
