"""The actions on the list of rooms, the panes and unread messages."""

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
            "move-room-up": lambda: self._move(-1),
            "move-room-down": lambda: self._move(1),
            "sort-rooms": self._toggle_order,
            "close-room": lambda: presenter.session.close(presenter.workspace.current_name),
            "toggle-rooms": lambda: presenter.toggle_pane(Pane.ROOMS),
            "toggle-members": lambda: presenter.toggle_pane(Pane.MEMBERS),
        }

    def _move(self, step: int) -> None:
        """Move the current buffer in the list, and keep the order across starts."""
        presenter = self._presenter
        names = presenter.order.move(presenter.buffers, presenter.workspace.current_name, step)
        presenter.session.save_room_order(names)
        presenter.refresh()

    def _toggle_order(self) -> None:
        order = self._presenter.order
        order.is_by_activity = not order.is_by_activity
        self._presenter.refresh()
        how = "sorted by activity" if order.is_by_activity else "in your own order"
        self._notify(f"Rooms are {how}.")

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
        """Stop peeking at any key but the one that peeks; the messages shown count as read."""
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
