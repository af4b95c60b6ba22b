"""What keys do with the list of rooms, the panes and what is unread."""

import time
from collections.abc import Callable

from app.client.screen.actions.room_navigation import RoomNavigation
from app.client.screen.keys import Action
from app.client.screen.presenter import Presenter
from app.client.screen.state.pane_layout import Pane
from app.text.counts import count_of


class RoomActions:
    """The actions on rooms other than going to one."""

    def __init__(
        self,
        presenter: Presenter,
        navigation: RoomNavigation,
        go_to: Callable[[str], None],
        notify: Callable[[str], None],
    ) -> None:
        self._presenter = presenter
        self._navigation = navigation
        self._go_to = go_to
        self._notify = notify
        self._has_just_peeked = False

    def actions(self) -> dict[str, Action]:
        """Return the actions by the ids of their keys."""
        presenter = self._presenter
        return {
            "peek": self._peek,
            "mark-all-read": self._mark_all_read,
            "move-room-up": lambda: presenter.move_room(-1),
            "move-room-down": lambda: presenter.move_room(1),
            "sort-rooms": lambda: self._notify(presenter.toggle_order()),
            "close-room": lambda: presenter.session.close(presenter.workspace.current_name),
            "toggle-rooms": lambda: presenter.toggle_pane(Pane.ROOMS),
            "toggle-members": lambda: presenter.toggle_pane(Pane.MEMBERS),
        }

    def _peek(self) -> None:
        found = self._navigation.find_next_unread()
        if found is None:
            self._notify("No unread messages.")
            return
        self._presenter.reading.settle(time.monotonic())
        self._presenter.reading.peek()
        self._has_just_peeked = True
        self._go_to(found.name)

    def end_peek(self) -> None:
        """After any key but the one that peeks, what is shown is read."""
        if self._presenter.reading.is_peeking and not self._has_just_peeked:
            self._presenter.reading.is_peeking = False
            self._presenter.refresh()
        self._has_just_peeked = False

    def _mark_all_read(self) -> None:
        buffers = self._presenter.workspace.buffers.values()
        unread = sum(bool(buffer.unread) for buffer in buffers)
        for buffer in buffers:
            buffer.unread_times.clear()
            buffer.timeline.mark_new(None)
        self._presenter.session.mark_all_read()
        self._presenter.refresh()
        marked = f"{count_of(unread, 'conversation')} marked as read."
        self._notify(marked if unread else "No unread messages.")
