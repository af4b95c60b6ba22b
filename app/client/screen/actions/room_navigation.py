"""The actions that go to another room."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from app.client.screen.keys import Action
from app.client.workspace.buffer import Buffer
from app.client.workspace.workspace import Workspace


class RoomNavigation:
    """The actions that show another buffer; `ordered` returns the buffers as they are listed."""

    def __init__(
        self,
        workspace: Workspace,
        ordered: Callable[[], Sequence[Buffer]],
        go_to: Callable[[str], None],
        notify: Callable[[str], None],
    ) -> None:
        self._workspace = workspace
        self._ordered = ordered
        self._go_to = go_to
        self._notify = notify

    def actions(self) -> dict[str, Action]:
        """Return the actions by the ids of their keys."""
        return {
            "next-room": lambda: self._step(1),
            "previous-room": lambda: self._step(-1),
            "next-unread": self._go_to_next_unread,
            "next-mention": self._go_to_next_mention,
            **{f"room-{number}": self._go_to_number(number) for number in range(1, 10)},
        }

    def _step(self, step: int) -> None:
        names = [one.name for one in self._ordered()]
        index = names.index(self._workspace.current.name)
        self._go_to(names[(index + step) % len(names)])

    def _go_to_number(self, number: int) -> Action:
        def go() -> None:
            buffers = self._ordered()
            if number < len(buffers):
                self._go_to(buffers[number].name)

        return go

    def _go_to_next_unread(self) -> None:
        found = self.find_next_unread()
        if found is None:
            self._notify("No unread messages.")
        else:
            self._go_to(found.name)

    def find_next_unread(self) -> Buffer | None:
        """Return the next buffer with unread messages; muted ones count only for mentions."""
        return next((one for one in self._after_current() if one.wants_attention), None)

    def _go_to_next_mention(self) -> None:
        found = next((one for one in self._after_current() if one.mentions), None)
        if found is None:
            self._notify("No unread mentions.")
        else:
            self._go_to(found.name)

    def _after_current(self) -> Iterator[Buffer]:
        buffers = self._ordered()
        index = next(i for i, one in enumerate(buffers) if one is self._workspace.current)
        return chain(buffers[index + 1 :], buffers[:index])
