"""A person in front of the full screen, who presses keys and looks; the server is scripted.

Whoever waits for something looks again after each group of events from the driver, and from time to
time, because timers of the screen change it too: nothing sleeps.
"""

import asyncio
import queue
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import UTC
from fnmatch import fnmatchcase
from functools import wraps
from pathlib import Path
from typing import ParamSpec

from textual.events import AppBlur, AppFocus, MouseScrollDown, MouseScrollUp, Paste
from textual.pilot import Pilot

from app.client.driver import MAX_INBOX_ITEMS, Driver, Inbox
from app.client.net.connect import Address
from app.client.net.link import Link
from app.client.protocol.model import ClientState, UserOptions
from app.client.screen.app import ChatApp
from app.client.screen.options import ScreenOptions
from app.client.screen.session.call_queue import CallQueue
from app.client.screen.session.screen_session import ScreenSession
from app.client.storage.client_storage import ClientStorage
from app.client.ui.commands import table
from app.clock import Clock
from tests.client.scripted_server import TIMEOUT_SECONDS, ScriptedServer

CAPABILITIES = "server-time message-tags echo-message batch labeled-response"  # no history to wait for

P = ParamSpec("P")
NOW = 1_795_348_830_000  # of the program itself; the server says when messages were sent
LOOK_SECONDS = 0.05  # between two looks


def scene(play: Callable[P, Coroutine[None, None, None]]) -> Callable[P, None]:
    """Run a test that awaits what a person sees."""

    @wraps(play)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(play(*args, **kwargs))

    return run


class ScreenUser:
    """The screen of a user in #tea, and the server that the user is connected to."""

    def __init__(
        self, app: ChatApp, pilot: Pilot[None], server: ScriptedServer, changed: asyncio.Event
    ) -> None:
        self.app = app
        self.server = server
        self._pilot = pilot
        self._changed = changed
        self.expected_defects = 0

    def receives(self, pattern: str) -> str:
        """Return the next line that the server receives; it must match.

        Lines that measure the lag are skipped, and those about typing and the list of rooms unless
        the pattern names them.
        """
        line = self.server.receive()
        while (
            line.startswith("PING ")
            or ("+typing=" in line and "typing" not in pattern)
            or line == "LIST" != pattern
        ):
            line = self.server.receive()
        assert fnmatchcase(line, pattern), line
        return line

    async def press(self, *keys: str) -> None:
        """Press keys, such as `ctrl+n`."""
        await self._pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text, and press Enter."""
        await self._pilot.press(*("space" if character == " " else character for character in text), "enter")

    async def paste(self, text: str) -> None:
        """Paste a text from the clipboard, as a terminal does."""
        self.app.post_message(Paste(text))
        await self._pilot.pause()

    async def click(self, selector: str, offset: tuple[int, int]) -> None:
        """Click on a part of the screen, at columns and lines from its corner."""
        await self._pilot.click(selector, offset=offset)

    def find(self, text: str) -> tuple[int, int]:
        """Return the column and the line of a text on the screen; all before it must be narrow."""
        row = next(row for row, line in enumerate(self.lines()) if text in line)
        return self.lines()[row].index(text), row

    async def click_on(self, text: str, times: int = 1) -> None:
        """Click on a text on the screen."""
        await self._pilot.click(offset=self.find(text), times=times)

    async def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Press the mouse button at a column and a line, move, and release it."""
        await self._pilot.mouse_down(offset=start)
        await self._pilot.hover(offset=end)
        await self._pilot.mouse_up(offset=end)

    async def look_away(self) -> None:
        """Give another window the focus."""
        self.app.post_message(AppBlur())
        await self._pilot.pause()

    async def look_back(self) -> None:
        """Give the terminal the focus again."""
        self.app.post_message(AppFocus())
        await self._pilot.pause()

    async def wheel(self, selector: str, steps: int) -> None:
        """Turn the mouse wheel over a part of the screen: down, or up if it is negative."""
        kind = MouseScrollDown if steps > 0 else MouseScrollUp
        for _ in range(abs(steps)):
            await self._pilot._post_mouse_events([kind], widget=selector)

    async def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        await self._pilot.resize_terminal(columns, lines)

    def lines(self) -> list[str]:
        """Return the lines of the screen, without trailing spaces."""
        strips = self.app.screen._compositor.render_strips()
        return ["".join(segment.text for segment in strip).rstrip() for strip in strips]

    def text(self) -> str:
        """Return the whole screen."""
        return "\n".join(self.lines())

    async def sees(self, *texts: str) -> str:
        """Wait until all texts are on the screen at once, and return the screen."""
        return await self.until(lambda screen: all(text in screen for text in texts), f"{texts}")

    async def sees_no(self, *texts: str) -> str:
        """Wait until none of the texts is on the screen, and return the screen."""
        return await self.until(lambda screen: not any(text in screen for text in texts), f"no {texts}")

    async def until(self, is_it: Callable[[str], bool], what: str) -> str:
        """Wait until a condition holds for the screen, and return the screen."""
        deadline = asyncio.get_running_loop().time() + TIMEOUT_SECONDS
        while True:
            self._changed.clear()
            await self._pilot.pause()
            if is_it(screen := self.text()):
                return screen
            assert asyncio.get_running_loop().time() < deadline, f"{what} did not appear:\n{screen}"
            with suppress(TimeoutError):
                await asyncio.wait_for(self._changed.wait(), LOOK_SECONDS)


def create_driver(port: int, room: str = "#tea", nick: str = "anna", host: str = "127.0.0.1") -> Driver:
    """Return the driver of a client that is not started."""
    clock = Clock()
    inbox: Inbox = queue.Queue(MAX_INBOX_ITEMS)
    link = Link(Address(host, port), inbox.put, clock)
    options = UserOptions(nick=nick, has_chosen_nick=True, rooms=[room], initial_history=50)
    return Driver(ClientState(options), link, inbox, clock)


def create_storage(folder: Path) -> ClientStorage:
    """Return the storage of a user without a keyring."""
    return ClientStorage.in_folder(folder, folder, "test", history_file=folder / "input-history")


@asynccontextmanager
async def open_unconnected_screen(
    folder: Path,
    columns: int = 100,
    lines: int = 30,
    options: ScreenOptions | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[ScreenUser]:
    """Open the screen of anna; her client connects, but the server does not answer yet."""
    with ScriptedServer() as server:
        changed = asyncio.Event()

        def on_calls_made() -> None:
            app.refresh_parts()
            changed.set()

        calls = CallQueue(on_calls_made)
        driver = create_driver(server.port, host=host)
        session = ScreenSession(driver, table.slash_commands(), create_storage(folder), calls)
        driver.state.options.lag_interval_milliseconds = 0  # the lag is never the same
        app = ChatApp(session, calls, "test.example", options)
        app.workspace.now = lambda: NOW
        app.workspace.context.zone = UTC
        async with app.run_test(size=(columns, lines), notifications=True) as pilot:
            user = ScreenUser(app, pilot, server, changed)
            yield user
            driver.post(driver.end)
        assert app.defects.count == user.expected_defects


@asynccontextmanager
async def open_screen(
    folder: Path,
    columns: int = 100,
    lines: int = 30,
    caps: str = CAPABILITIES,
    options: ScreenOptions | None = None,
) -> AsyncIterator[ScreenUser]:
    """Open the screen of anna, who is in #tea."""
    async with open_unconnected_screen(folder, columns, lines, options) as user:
        user.server.welcome("anna", "#tea", caps)
        await user.sees("#tea", "connected")
        yield user
