"""The application: lays out the parts of the screen and connects them with the session."""

import asyncio
import time

from textual.app import ComposeResult
from textual.events import AppBlur, AppFocus, Event, Key, Resize
from textual.screen import Screen

from app.client.display.display_context import DisplayContext
from app.client.protocol.events import ClientEvent, EditRefused, Joined, Notice
from app.client.screen.actions.copying import TextCopier
from app.client.screen.actions.message_actions import MessageActions
from app.client.screen.actions.room_actions import RoomActions
from app.client.screen.actions.room_navigation import RoomNavigation
from app.client.screen.actions.screen_actions import ScreenActions
from app.client.screen.actions.scrolling import scrolling_actions
from app.client.screen.actions.session_end import SessionEnd
from app.client.screen.actions.switcher_actions import SwitcherActions
from app.client.screen.actions.theme_choice import ThemeChoice
from app.client.screen.actions.timeline_navigation import TimelineNavigation
from app.client.screen.error_boundary import MainScreen
from app.client.screen.keys import BINDINGS, Action, accept_keys, current_keys
from app.client.screen.main_widgets import MainWidgets
from app.client.screen.options import ScreenOptions
from app.client.screen.presenter import Presenter
from app.client.screen.session.call_queue import CallQueue
from app.client.screen.session.screen_session import ScreenSession
from app.client.screen.start_notices import StartNotices, list_hints
from app.client.screen.textual_fixes.lost_terminal import create_watch
from app.client.screen.textual_fixes.signals import end_on_signals, resume_on_continue
from app.client.screen.theme import THEME_DESCRIPTIONS
from app.client.screen.widget_events import WidgetEvents
from app.client.workspace.workspace import Workspace

TICK_SECONDS = 1.0  # while something changes every second
LAG_SECONDS = 10.0  # between two refreshes of the lag
WATCH_SECONDS = 5.0  # between two checks that the terminal is still there


class ChatApp(WidgetEvents):
    """The full-screen client."""

    ENABLE_COMMAND_PALETTE = False
    BINDINGS = BINDINGS
    CSS = """
    Screen { layout: vertical; }
    #panes { height: 1fr; }
    #panes > .-only { width: 1fr; border: none; }
    ToastRack { dock: top; align: right top; }
    """

    def __init__(
        self,
        session: ScreenSession,
        calls: CallQueue,
        server: str,
        options: ScreenOptions | None = None,
        terminal_background: str | None = None,
    ) -> None:
        options = options or ScreenOptions()
        super().__init__(session.storage.errors, session.driver.clock, options, terminal_background)
        self.session = session
        self._calls = calls
        self._options = options
        self._is_ticking = False
        accepted, faults = accept_keys(options.keys)
        self.set_keymap(accepted)
        self._keys = current_keys(accepted)
        nick = session.driver.read(lambda state: state.nick)
        self.workspace = Workspace(
            DisplayContext(nick=nick), lambda message: self.presenter.is_mention(message)
        )
        self.widgets = MainWidgets(self.workspace, session, server)
        self.presenter = Presenter(self.widgets, self.workspace, session, options, self._keys, server)
        self._create_action_groups()
        hints = list_hints(self._keys) if options.shows_hints else []
        self._start_notices = StartNotices(self.workspace, [*options.warnings, *faults], hints)
        self._actions = self._create_actions()
        self._switcher_actions.actions = self._actions
        self._connect()

    def _create_action_groups(self) -> None:
        """Create the navigation, and the classes that implement the actions."""
        session, widgets, presenter, keys = self.session, self.widgets, self.presenter, self._keys
        self.navigation = navigation = TimelineNavigation(
            session,
            self.workspace,
            lambda: widgets.messages,
            lambda: widgets.active_messages,
            self.notify_user,
        )
        self.rooms = RoomNavigation(
            self.workspace, lambda: presenter.buffers, self.go_to_room, self.notify_user
        )
        self.copier = TextCopier(self.write_sequence, self.notify_user)
        self._room_actions = RoomActions(presenter, self.rooms, self.go_to_room, self.notify_user)
        self._screen_actions = ScreenActions(
            self, presenter, navigation, keys, self._options.settings_files, lambda: self.messages.show_hint()
        )
        self.messages = MessageActions(
            self, session, widgets, navigation, keys, self.copier.copy, self._screen_actions.toggle_thread
        )
        self._switcher_actions = SwitcherActions(
            self, session, self.workspace, widgets.input, navigation, keys, self.go_to_room
        )
        self._session_end = SessionEnd(
            session,
            widgets.failure,
            presenter.connection,
            self._handle_exception,
            self._close,
            widgets.input,
            keys,
            self.notify_user,
        )
        self._theme_choice = ThemeChoice(self, self._options.theme, self.use_theme, self._keep_theme)

    def _connect(self) -> None:
        """Set the callbacks between the parts, and those of the session."""
        session, presenter, calls = self.session, self.presenter, self._calls
        self.navigation.on_joined = self.widgets.thread.follow
        presenter.on_opened = self.navigation.open_at_unread
        session.controller.themes = tuple(THEME_DESCRIPTIONS)
        session.controller.on_theme = lambda name: calls.post(lambda: self._theme_choice.use(name))
        session.connect_to(
            self.show_event, presenter.show_room, presenter.close_room, self._session_end.on_end
        )
        calls.on_error = self._handle_exception

    def _create_actions(self) -> dict[str, Action]:
        """Return the actions by the ids of their keys."""
        return {
            **self.rooms.actions(),
            **scrolling_actions(self.navigation),
            **self._room_actions.actions(),
            **self.widgets.input.actions(),
            "switch": self._switcher_actions.open,
            "search": self._switcher_actions.search,
            **self._screen_actions.actions(),
            **self._theme_choice.actions(),
            **self._session_end.actions(),
            "suspend": self.suspend_process,
        }

    def action_run(self, name: str) -> None:
        """Run the action of a key."""
        if name in self._actions:
            self._actions[name]()

    def action_message(self, name: str) -> None:
        """Run the action of a key on the selected message."""
        self.messages.run(name)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave keys to dialogs and to the input, unless it is empty and a message is selected."""
        if action == "run":
            return self._may_run(str(parameters[0]))
        return action != "message" or self.messages.may_run(str(parameters[0]))

    def _may_run(self, name: str) -> bool:
        """Whether an action may run: over a dialog, only quitting may."""
        return len(self.screen_stack) == 1 or name == "quit"

    def get_default_screen(self) -> Screen[None]:
        """Return the main screen."""
        return MainScreen(id="_default")

    def compose(self) -> ComposeResult:
        """Yield the parts of the screen."""
        yield from self.widgets.compose()

    def on_ready(self) -> None:
        """Connect, after the first frame."""
        end_on_signals(self._session_end.stop)
        resume_on_continue(self, self._driver)
        self.has_first_frame = True
        self.ask_background()
        self.widgets.composer.focus()
        self._calls.open(asyncio.get_running_loop())
        self.widgets.input.restore_drafts(self.session.storage.drafts.take())
        self._start_notices.show_warnings()
        self.refresh_parts()
        self.set_interval(LAG_SECONDS, self.presenter.refresh_status)
        if not self.is_headless:
            self.set_interval(WATCH_SECONDS, create_watch(self._session_end.stop))
        self.session.start()

    def _close(self) -> None:
        self._calls.close()
        self.exit()

    def on_unmount(self) -> None:
        """Stop showing events."""
        self.has_first_frame = False
        self._calls.close()

    def show_defect(self, sentence: str) -> None:
        """Show a sentence about a defect, also in the current room."""
        self.workspace.apply(Notice(sentence, is_error=True))
        super().show_defect(sentence)

    # Events

    def show_event(self, event: ClientEvent) -> None:
        """Update the timelines from an event."""
        self.presenter.apply(event)
        self.navigation.handle(event)
        if isinstance(event, EditRefused):
            self.widgets.input.take_back_edit(event)
        if isinstance(event, Joined) and event.is_mine:
            self._start_notices.on_joined()

    def refresh_parts(self) -> None:
        """Show the current state of every part, and again in a second if it changes by itself."""
        self.presenter.refresh()
        self.messages.show_hint()
        if self.presenter.is_changing and not self._is_ticking:
            self._is_ticking = True
            self.set_timer(TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        self._is_ticking = False
        self.refresh_parts()

    async def on_event(self, event: Event) -> None:
        """Handle an event; a key ends peeking."""
        await super().on_event(event)
        if isinstance(event, Key):
            self._room_actions.end_peek()

    def on_app_focus(self, event: AppFocus) -> None:
        """Mark visible messages as read again."""
        self.navigation.open_at_unread()
        self.presenter.reading.has_focus = True
        self.refresh_parts()

    def on_app_blur(self, event: AppBlur) -> None:
        """Leave messages unread from now on."""
        self.presenter.reading.blur(time.monotonic())

    def on_resize(self, event: Resize) -> None:
        """Show the panes for which there is room."""
        self.presenter.resize(event.size.width)

    # Actions

    def go_to_room(self, name: str) -> None:
        """Show a room, and send messages to it."""
        self.session.set_room(name)
        self.presenter.show_room(name)

    def _keep_theme(self, name: str) -> None:
        """Use a theme at the next start, too, if the settings do not name another one."""
        self.session.keep_theme(name)
        if self._options.has_fixed_theme and name != self._options.theme:
            self.notify_user(f'At the next start, the setting "theme" chooses {self._options.theme} again.')
