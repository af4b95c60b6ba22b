"""Draws a session: three users, two client programs, a server that is killed and restarted."""

from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.evening.stored import administer
from scripts.pictures.svg import draw
from tests.interop.clients.terminal import TmuxTerminal
from tests.process.server_process import PROGRAM, Server

COLUMNS = 88
CLIENT_SIZE, IRSSI_SIZE = (COLUMNS, 20), (COLUMNS, 13)
PASSWORD = "correct horse battery"
IRSSI = """
servers = ( {{ address = "127.0.0.1"; port = "{port}"; chatnet = "chat"; autoconnect = "yes"; }} );
chatnets = {{ chat = {{ type = "IRC"; nick = "bob"; }}; }};
settings = {{
  core = {{ real_name = "Bob"; user_name = "bob"; server_reconnect_time = "1s"; }};
  "fe-text" = {{ show_server_time = "yes"; }};
}};
"""


class Session:
    """The terminals of a session on one server, closed with the session."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._programs = ExitStack()
        self.server = Server(folder)

    def close(self) -> None:
        """End every program, then the server."""
        self._programs.close()
        self.server.__exit__()

    def restart_server(self) -> None:
        """Start the server that was killed, on the same port."""
        self.server = Server(self._folder, "-p", str(self.server.port))

    def start_client(self, nick: str, *options: str) -> TmuxTerminal:
        """Start `chat-client` in a terminal."""
        client = PROGRAM.with_name("chat-client")
        return self._start([client, "-p", str(self.server.port), "-u", nick, *options], CLIENT_SIZE)

    def start_irssi(self) -> TmuxTerminal:
        """Start irssi in a terminal, as bob."""
        (self._folder / "config").write_text(IRSSI.format(port=self.server.port))
        return self._start(["irssi", f"--home={self._folder}"], IRSSI_SIZE)

    def _start(self, program: list[str | Path], size: tuple[int, int]) -> TmuxTerminal:
        environment = ["env", f"HOME={self._folder}", "TERM=xterm-256color"]
        terminal = TmuxTerminal([*environment, *program], self._folder, size)
        return self._programs.enter_context(closing(terminal))


def draw_session(picture: Path) -> None:
    """Run the session and draw it to a file."""
    with (
        TemporaryDirectory(prefix="chat-", ignore_cleanup_errors=True) as name,
        closing(Session(Path(name))) as session,
    ):
        (Path(name) / "password").write_text(PASSWORD)
        administer(Path(name), "user", "create", "anna", "--password-file", "password")
        anna = session.start_client("anna", "--password-file", "password")
        anna.shows("#general>")
        _talk_across_a_crash(session, anna)
        bob = session.start_irssi()
        _welcome(anna, bob)
        windows = [("anna: chat-client", anna.cells("-e")), ("bob: irssi", bob.cells("-e"))]
    picture.write_text(draw(windows, COLUMNS), encoding="utf-8")


def _talk_across_a_crash(session: Session, anna: TmuxTerminal) -> None:
    """Exchange messages before and after the server is killed."""
    carol = session.start_client("carol")
    carol.shows("Register")
    carol.type("")
    anna.shows("carol")
    carol.type("Morning! Did the nightly build pass?")
    anna.shows("nightly build")
    anna.type("All green. I deploy at noon.")
    carol.shows("deploy at noon")
    session.server.kill()
    carol.shows("onnection")
    session.restart_server()
    anna.shows("missed no")
    carol.shows("missed no")
    carol.type("What happened to the server?")
    anna.shows("happened to")
    anna.type("kill -9. Nothing was lost.")
    carol.shows("Nothing was lost")


def _welcome(anna: TmuxTerminal, bob: TmuxTerminal) -> None:
    """Let bob read the history in irssi and reply; then search as anna."""
    bob.shows("Act: ")
    bob.type("/window 2")
    bob.shows("Nothing was lost")
    bob.type("Same messages here, in the same order.")
    anna.shows("in the same order")
    anna.type("/search deploy")
    anna.until(lambda screen: screen.count("deploy at noon") > 1, "the search result")
