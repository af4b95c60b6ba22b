"""anna's full-screen client in a terminal, watched through captured screens."""

import os
from collections.abc import Callable
from pathlib import Path

from scripts.evening.cast import ANNA
from scripts.evening.screen_capture import Screen, ShownMessage
from scripts.evening.stored import find_run
from tests.interop.clients.terminal import TmuxTerminal
from tests.process.server_process import PROGRAM

CLIENT = PROGRAM.with_name("chat-client")
PARENT = ("sh", "-c", '"$@"; exit', "sh")  # tmux would continue a stopped process of its own


class WatchedClient:
    """The client of anna. What is awaited must be on a screen without torn lines."""

    def __init__(self, folder: Path, port: int, password_file: Path, size: tuple[int, int]) -> None:
        self._folder = folder
        self._columns = size[0]
        home = folder / "home"
        environment = [f"HOME={home}", f"XDG_STATE_HOME={home}", "TERM=tmux-256color", "COLORTERM=truecolor"]
        program = [CLIENT, "--full-screen", "-p", str(port), "-u", ANNA, "--password-file", password_file]
        self._process_id = folder / "client.pid"
        write_pid = ["sh", "-c", 'echo $$ >"$0"; exec "$@"', self._process_id]
        self.terminal = TmuxTerminal([*PARENT, *write_pid, "env", *environment, *program], folder, size)

    def close(self) -> None:
        """End the client and its terminal."""
        self.terminal.close()

    def signal(self, number: int) -> None:
        """Send a signal to the client."""
        os.kill(int(self._process_id.read_text()), number)

    @property
    def screen(self) -> Screen:
        """The current screen."""
        return Screen(self.terminal.cells(), self._columns)

    def press(self, *keys: str) -> None:
        """Press keys."""
        self.terminal.press(*keys)

    def type(self, *texts: str) -> None:
        """Type lines, each followed by Enter."""
        self.terminal.type(*texts)

    def switch_to(self, room: str) -> None:
        """Go to a room with the switcher, unless it is the current one."""
        if self.screen.room == room:
            return
        self.press("C-k")
        self.terminal.shows("╭")
        self.terminal.write(room)
        self.press("Enter")
        self.sees_room(room)

    def select(self, text: str) -> None:
        """Select the latest message that contains a text."""
        selected = ""
        while text not in selected:
            self.press("Up")
            selected = self.until(
                lambda screen, last=selected: screen.selected not in ("", last),
                f"a message before {selected}",
            ).selected

    def react(self, name: str) -> None:
        """React to the selected message with an emoji, chosen by its name."""
        self.press("e")
        self.terminal.shows("╭")
        self.terminal.write(name)
        self.terminal.shows(f":{name}:")
        self.press("Enter")

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self._columns = columns
        self.terminal.resize(columns, lines)

    def until(self, is_it: Callable[[Screen], bool], what: str) -> Screen:
        """Wait until a condition holds for a screen with straight lines, and return it."""

        def is_straight(text: str) -> bool:
            screen = Screen(text, self._columns)
            return is_it(screen) and not screen.faults()

        try:
            return Screen(self.terminal.until_captured(self.terminal.cells, is_straight, what), self._columns)
        except AssertionError as error:
            faults = "\n".join(self.screen.faults())
            raise AssertionError(f"{error}\n{faults}") from None

    def sees(self, *texts: str) -> Screen:
        """Wait until all texts are on the screen at once."""
        return self.until(lambda screen: all(text in screen.text for text in texts), f"{texts}")

    def sees_room(self, room: str) -> Screen:
        """Wait until a room's name stands above the messages."""
        return self.until(lambda screen: screen.room == room, room)

    def sees_unread(self, counts: dict[str, int]) -> Screen:
        """Wait until the list of rooms has these numbers of unread messages and no others."""
        return self.until(lambda screen: screen.unread == counts, f"unread {counts}")

    def sees_latest(self, room: str, stored: dict[str, list[ShownMessage]]) -> Screen:
        """Wait until the screen shows a room, down to the latest message that the server stored."""
        messages = stored[room]

        def is_latest(screen: Screen) -> bool:
            shown = screen.messages
            is_end = bool(shown) and find_run(shown, messages) == len(messages) - len(shown)
            return is_end and screen.room == room

        return self.until(is_latest, f"the end of {room}: {messages[-3:]}")

    def sees_earlier(self, messages: list[ShownMessage], place: int) -> int:
        """Wait until messages before a place are shown without a gap, and return the new place."""

        def is_earlier(screen: Screen) -> bool:
            found = find_run(screen.messages, messages)
            return found is not None and found < place

        screen = self.until(is_earlier, f"messages before {place}")
        return find_run(screen.messages, messages) or 0
