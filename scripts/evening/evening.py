"""The acts of the evening. Each one ends when anna's screen shows what the server has stored."""

import re
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGCONT, SIGSTOP

from scripts.evening import conversations
from scripts.evening.cast import ANNA, GENERAL, ROOMS, TOPICS
from scripts.evening.crowd import CAPABILITIES, Crowd
from scripts.evening.screen_capture import ShownMessage, squash
from scripts.evening.stored import administer, stored_messages
from scripts.evening.transcript import read_transcript
from scripts.evening.watched_client import WatchedClient
from tests.process.server_process import Server
from tests.process.socket_client import SocketClient

PASSWORD = "correct horse battery"
SIZE = (110, 32)
SIZES = ((200, 50), (80, 24), (50, 30), SIZE)
ARCHIVE = "#archive"
MOVED = re.compile(r"dave.* joined, carol joined and")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Evening:
    """A server, thirty people, and the screen of one of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.crowd = Crowd()
        self.server = Server(folder)
        self.password_file = folder / "password"
        self.password_file.write_text(f"{PASSWORD}\n")
        self.anna: WatchedClient

    def close(self) -> None:
        """End everything that runs."""
        if hasattr(self, "anna"):
            self.anna.close()
        self.server.__exit__()

    def _play(self, transcript: str) -> None:
        self.crowd.play(read_transcript(transcript))

    def _restart_server(self) -> None:
        self.server.__exit__()
        self.server = Server(self.folder, "-p", str(self.server.port))

    def connect_phone(self) -> SocketClient:
        """Connect another device of anna's account."""
        phone = self.server.connect()
        secret = b64encode(f"{ANNA}\0{ANNA}\0{PASSWORD}".encode()).decode()
        phone.send(f"CAP REQ :{' '.join(CAPABILITIES)} draft/read-marker sasl", "AUTHENTICATE PLAIN")
        phone.hears("AUTHENTICATE +")
        phone.send(f"AUTHENTICATE {secret}", f"NICK {ANNA}", f"USER {ANNA} 0 * :{ANNA}", "CAP END")
        phone.hears(" 422 ")
        return phone

    # The acts

    def gather(self) -> None:
        """Create anna's account, let her phone join the rooms, and everybody talk."""
        administer(self.folder, "user", "create", ANNA, "--password-file", str(self.password_file))
        administer(self.folder, "user", "always-on", ANNA, "on")
        self.crowd.arrive(self.server)
        self.crowd.set_topics()
        administer(self.folder, "room", "topic", GENERAL, TOPICS[GENERAL])
        phone = self.connect_phone()
        phone.send(f"JOIN {','.join(ROOMS)}")
        phone.fence()
        self.crowd.play(conversations.small_talk(2))
        phone.send(*(f"MARKREAD {room} timestamp={_now()}" for room in ROOMS))
        phone.fence()
        phone.close()
        self._play(conversations.BEFORE_ANNA)

    def open_screen(self) -> None:
        """Start anna's client: what she has not read is counted beside each room."""
        self.anna = WatchedClient(self.folder, self.server.port, self.password_file, SIZE)
        counts = {"#lighting": 3, "#catering": 3, "#signage": 3, "#transport": 1, "priya": 1, "samir": 1}
        self.anna.sees_unread(counts)

    def read_rooms(self) -> None:
        """Read what is unread, mentions first, then every room in the order of the list."""
        phone = self.connect_phone()
        assert self.anna.screen.mentions == {"#lighting": 1, "priya": 1, "samir": 1}
        for left in (2, 1, 0):
            self.anna.press("M-m")
            self.anna.until(lambda screen, left=left: len(screen.mentions) == left, f"{left} mentions")
        for left in (2, 1, 0):
            self.anna.press("M-a")
            self.anna.until(lambda screen, left=left: len(screen.unread) == left, f"{left} unread rooms")
        for room in ("#lighting", "#catering", "#signage", "#transport", "priya", "samir"):
            phone.send(f"MARKREAD {room}")
            phone.hears(f" MARKREAD {room} ")
        phone.close()

    def switch_rooms(self) -> None:
        """Go through the rooms by number and by neighbour; each one shows what was stored."""
        stored = stored_messages(self.folder)
        rows = self.anna.screen.room_rows
        for row in rows:
            if row.number is not None and row.name in stored:
                self.anna.press(f"M-{row.number}")
                self.anna.sees_latest(row.name, stored)
        self.anna.press("M-1")
        for row in rows[1:]:
            self.anna.press("C-n")
            self.anna.sees_room(row.name)
        for row in reversed(rows[:-1]):
            self.anna.press("C-p")
            self.anna.sees_room(row.name)

    def join_conversation(self) -> None:
        """Talk with the others in the first room: write, answer, react and delete."""
        anna = self.anna
        anna.switch_to(GENERAL)
        self._play(conversations.FIRST_TALK)
        anna.sees_latest(GENERAL, stored_messages(self.folder))
        anna.type("I have a key for the workshop 🔑")
        anna.sees("│ I have a key")
        anna.select("There are eight in the workshop")
        anna.press("r")
        anna.sees("Reply to karim: There are eight")
        anna.type("Thank you! I meet you there.")
        anna.sees("│ Thank you!")
        anna.type("I am in the wrong room.")
        anna.sees("│ I am in the wrong room.")
        anna.select("I am in the wrong room.")
        anna.press("d")
        anna.sees("Delete")
        anna.type("y")
        anna.sees("deleted by anna")
        anna.select("In the foyer.")
        anna.react("violin")
        anna.sees("🎻 1")
        anna.press("Escape")
        stored = stored_messages(self.folder)
        assert stored[GENERAL][-1] == ShownMessage(ANNA, squash("Thank you! I meet you there."))
        anna.sees_latest(GENERAL, stored)

    def open_thread(self) -> None:
        """Show anna's answer with what it answers, in a pane of its own."""
        self.anna.select("Thank you!")
        self.anna.press("t")
        self.anna.until(
            lambda screen: [one.who for one in screen.thread] == ["heidi", "karim", ANNA], "the thread"
        )

    def close_thread(self) -> None:
        """Go back to the conversation and the members."""
        self.anna.press("Escape")
        self.anna.until(lambda screen: "members" in screen.pane(2)[0], "the members")
        self.anna.press("Escape")
        self.anna.sees_latest(GENERAL, stored_messages(self.folder))

    def search(self) -> None:
        """Find a message while typing, and go to it."""
        self.anna.press("C-f")
        self.anna.terminal.shows("╭")
        self.anna.terminal.write(f"workshop in:{GENERAL}")
        self.anna.terminal.shows("2 messages", "There are eight in the workshop")
        self.anna.press("Enter")
        self.anna.until(lambda screen: "I have a key" in screen.selected, "the message that was found")
        self.anna.press("Escape")
        self.anna.sees_latest(GENERAL, stored_messages(self.folder))

    def resize(self) -> None:
        """Read on in terminals of several sizes."""
        self.anna.switch_to(GENERAL)
        stored = stored_messages(self.folder)
        for columns, lines in SIZES:
            self.anna.resize(columns, lines)
            self.anna.sees_latest(GENERAL, stored)

    def lose_the_server(self) -> None:
        """Kill the server; what anna types is queued, and what she missed is shown."""
        self.server.kill()
        self.anna.until(lambda screen: not screen.is_online, "disconnected")
        queued = [f"Is the light on in hall {hall}?" for hall in "ABC"]
        for text in queued:
            self.anna.type(text)
        self.anna.sees(*queued)
        self._return_late(conversations.WHILE_AWAY)
        self.anna.until(lambda screen: "↑" not in screen.text, "everything was sent")
        self.anna.sees("You missed 6 messages.", "3 messages arrived")
        stored = stored_messages(self.folder)
        mine = [one.text for one in stored[GENERAL] if one.who == ANNA]
        assert mine[-3:] == [squash(text) for text in queued]
        self.anna.sees_latest(GENERAL, stored)
        self.anna.sees_unread({"#security": 2, "#photos": 1})

    def restart_the_server(self) -> None:
        """Stop the server as an administrator does, and start it again."""
        self.server.end()
        self._return_late(conversations.AFTER_RESTART)
        self.anna.sees_latest(GENERAL, stored_messages(self.folder))

    def _return_late(self, missed: str) -> None:
        """Start the server and play a transcript while anna's laptop sleeps; then wake it."""
        self.anna.signal(SIGSTOP)
        self._restart_server()
        self.crowd = Crowd()
        self.crowd.arrive(self.server)
        self._play(missed)
        self.anna.signal(SIGCONT)
        self.anna.until(lambda screen: screen.is_online, "connected")

    def watch_people_move(self) -> None:
        """See in one line who joined and left a room."""
        self.anna.switch_to("#photos")
        self._play(conversations.MOVES)
        self.anna.until(lambda screen: any(map(MOVED.search, screen.message_pane)), MOVED.pattern)

    def scroll_back(self, count: int) -> None:
        """Scroll through a long room to its first message, and back to the end."""
        self.crowd.recite("oscar", ARCHIVE, conversations.inventory(count))
        stored = stored_messages(self.folder)
        self.anna.switch_to(ARCHIVE)  # it opens at the first unread message
        self.anna.press("C-End")
        self.anna.sees_latest(ARCHIVE, stored)
        place = len(stored[ARCHIVE])
        while place > 0:
            self.anna.press("PageUp")
            place = self.anna.sees_earlier(stored[ARCHIVE], place)
        self.anna.press("C-End")
        self.anna.sees_latest(ARCHIVE, stored)

    def mark_all_read(self) -> None:
        """Mark everything as read with one key, if anything is unread."""
        if self.anna.screen.unread:
            self.anna.press("M-r")
            self.anna.sees_unread({})

    def talk_everywhere(self, lines_per_room: int) -> None:
        """Let all rooms talk at once; each message is counted beside the name of its room."""
        self.mark_all_read()
        self.crowd.play(conversations.small_talk(lines_per_room))
        self.anna.sees_unread({room: lines_per_room for room in ROOMS if room != self.anna.screen.room})

    def visit_every_room(self) -> None:
        """Read every room in terminals of several sizes."""
        stored = stored_messages(self.folder)
        for columns, lines in SIZES:
            self.anna.resize(columns, lines)
            for room in ROOMS:
                self.anna.switch_to(room)
                self.anna.sees_latest(room, stored)

    def read_on_the_phone(self) -> None:
        """Read a room on another device: it is no longer unread on the screen."""
        self.anna.switch_to(ARCHIVE)
        self.mark_all_read()
        self._play(conversations.LATE_TALK)
        self.anna.sees_unread({GENERAL: 2, "#random": 2, "priya": 1})
        phone = self.connect_phone()
        phone.send(f"MARKREAD #random timestamp={_now()}")
        self.anna.sees_unread({GENERAL: 2, "priya": 1})
        phone.send(f"MARKREAD priya timestamp={_now()}", f"MARKREAD {GENERAL} timestamp={_now()}")
        self.anna.sees_unread({})
        phone.close()
