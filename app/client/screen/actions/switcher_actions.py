"""The switcher and the search dialog, and where they lead."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from textual.app import App

from app.client.protocol.events import Message
from app.client.screen.actions.timeline_navigation import TimelineNavigation
from app.client.screen.dialogs.chooser import Chooser
from app.client.screen.dialogs.search import SearchScreen
from app.client.screen.dialogs.switcher import (
    Switcher,
    Target,
    TargetKind,
    list_buffers,
    list_joinable,
    list_people,
)
from app.client.screen.input.completion_cycle import CompletionCycle
from app.client.screen.input.input_area import InputArea
from app.client.screen.input.submission import Submission
from app.client.screen.keys import KEYS, Action
from app.client.screen.session.screen_session import ScreenSession
from app.client.screen.widgets.choice_list import Choice
from app.client.workspace.workspace import Workspace
from app.text.sanitise import clean
from app.wire.names import fold


class SwitcherActions:
    """The switcher over rooms, people, commands and the actions of keys, and the search."""

    def __init__(
        self,
        app: App[None],
        session: ScreenSession,
        workspace: Workspace,
        input_area: InputArea,
        navigation: TimelineNavigation,
        keys: Mapping[str, str],
        go_to: Callable[[str], None],
    ) -> None:
        self._app = app
        self._session = session
        self._workspace = workspace
        self._input = input_area
        self._go_to_room = go_to
        self._navigation = navigation
        self._keys = keys
        self.actions: Mapping[str, Action] = {}  # to be offered, by the ids of their keys

    def open(self) -> None:
        """Let the user choose where to go."""
        switcher = self._create_switcher()

        def find(query: str) -> Sequence[Choice[Target]]:
            return switcher.find(query)

        def show_found_rooms() -> None:
            nonlocal switcher
            switcher = self._create_switcher()
            chooser.refresh_choices()

        chooser = Chooser("Go to a room, a user or a command", find)
        self._session.directory.on_found = show_found_rooms
        self._session.directory.refresh()
        self._app.push_screen(chooser, self._go_to)

    def _create_switcher(self) -> Switcher:
        current = self._workspace.current
        kind = TargetKind.PERSON if current.timeline.is_direct else TargetKind.ROOM
        return Switcher(self._list_choices(), self._has_room, Target(kind, current.name))

    def search(self) -> None:
        """Let the user search messages, and show the one that was chosen."""

        def complete(text: str) -> CompletionCycle:
            return self._session.input.complete(text, self._workspace.current_name)

        dialog = SearchScreen(self._session.searching, self._workspace.context, complete)
        self._app.push_screen(dialog, self._show_message)

    def _show_message(self, message: Message | None) -> None:
        """Show a message in its room, with those around it."""
        if message is not None:
            self._workspace.open(message.room, message.is_direct)
            self._go_to_room(message.room)
            self._navigation.go_to_message(message.room, message.msgid)

    def _has_room(self, name: str) -> bool:
        buffer = self._workspace.buffers.get(fold(name))
        return buffer is not None and buffer.is_joined

    def _list_choices(self) -> Iterator[Choice[Target]]:
        yield from list_buffers(self._workspace.buffers.values(), self._workspace.current)
        yield from list_people(self._session.reader.nicks())
        yield from list_joinable(self._session.directory.rooms)
        yield from self._list_commands()
        yield from self._list_actions()

    def _list_commands(self) -> Iterable[Choice[Target]]:
        commands = self._session.driver.read(
            lambda state: [one for one in self._session.commands if one.is_available(state)]
        )
        for command in commands:
            yield Choice(Target(TargetKind.COMMAND, command.name), command.usage, command.summary)

    def _list_actions(self) -> Iterable[Choice[Target]]:
        for binding in KEYS:
            if binding.id in self.actions and binding.id not in ("switch", "back", "interrupt"):
                target = Target(TargetKind.ACTION, binding.id or "")
                yield Choice(target, binding.description, self._keys.get(binding.id or "", ""))

    def _go_to(self, target: Target | None) -> None:
        if target is None:
            return
        match target.kind:
            case TargetKind.ROOM if target.is_new:
                self._run_command(f"/join {target.name}")
            case TargetKind.ROOM:
                self._go_to_room(target.name)
            case TargetKind.PERSON:
                self._workspace.open(target.name, is_direct=True)
                self._go_to_room(target.name)
            case TargetKind.COMMAND:
                self._begin_command(target.name)
            case TargetKind.ACTION:
                self.actions[target.name]()

    def _begin_command(self, name: str) -> None:
        """Execute a command or, if it takes parameters, let the user write them."""
        command = self._session.commands.find(name)
        if command is not None and command.parameters:
            self._input.composer.show_text(f"/{name} ")
        else:
            self._run_command(f"/{name}")

    def _run_command(self, text: str) -> None:
        self._input.submit(Submission(clean(text), self._workspace.current_name))
