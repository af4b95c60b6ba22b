"""Draw a session: three users, two client programs, a server that is killed and restarted."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from scripts.pictures.svg import draw
from scripts.pictures.terminal import Terminal

PICTURE = Path(__file__).parents[2] / "docs" / "session.svg"
PROGRAMS = Path(sys.executable).parent
COLUMNS = 88
CLIENT_ROWS, IRSSI_ROWS = 20, 13
PASSWORD = "correct horse battery"
IRSSI = """
servers = ( {{ address = "127.0.0.1"; port = "{port}"; chatnet = "chat"; autoconnect = "yes"; }} );
chatnets = {{ chat = {{ type = "IRC"; nick = "bob"; }}; }};
settings = {{
  core = {{ real_name = "Bob"; user_name = "bob"; server_reconnect_time = "1s"; }};
  "fe-text" = {{ show_server_time = "yes"; }};
}};
"""


class Server:
    """`chat-server run` on the same port before and after it is killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start the server and wait until it listens."""
        command = [PROGRAMS / "chat-server", "run", "-p", str(self.port)]
        self._process = subprocess.Popen(
            command, cwd=self._folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        for line in self._process.stdout or ():
            if " port " in line and not self.port:
                self.port = int(line.partition(" port ")[2].split()[0].rstrip(".,"))
            if line.startswith("Stop with"):
                return
        raise RuntimeError("the server did not start")

    def kill(self) -> None:
        """Kill the server with SIGKILL."""
        self._process.kill()
        self._process.wait()


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Run a server until the end of the block."""
    server = Server(folder)
    try:
        yield server
    finally:
        server.kill()


def prepare(folder: Path, port: int) -> None:
    """Create the account anna, and configure irssi for bob."""
    (folder / "password").write_text(PASSWORD)
    (folder / "config").write_text(IRSSI.format(port=port))
    admin = [PROGRAMS / "chat-admin", "user", "create", "anna", "--password-file", "password"]
    subprocess.run(admin, cwd=folder, check=True, capture_output=True)


def talk_across_a_crash(server: Server, anna: Terminal, carol: Terminal) -> None:
    """Exchange messages before and after the server is killed."""
    carol.wait_for("Register")
    carol.type("")
    anna.wait_for("carol")
    carol.type("Morning! Did the nightly build pass?")
    anna.wait_for("nightly build")
    anna.type("All green. I deploy at noon.")
    carol.wait_for("deploy at noon")
    server.kill()
    carol.wait_for("onnection")
    server.start()
    anna.wait_for("missed no")
    carol.wait_for("missed no")
    carol.type("What happened to the server?")
    anna.wait_for("happened to")
    anna.type("kill -9. Nothing was lost.")


def welcome(anna: Terminal, bob: Terminal) -> None:
    """Let bob read the history in irssi and reply; then search as anna."""
    bob.wait_for("Act: ")
    bob.type("/window 2")
    bob.wait_for("Nothing was lost")
    bob.type("Same messages here, in the same order.")
    anna.wait_for("in the same order")
    anna.type("/search deploy")
    anna.wait_for("deploy at noon", 2)


def main(picture: Path) -> None:
    """Run the session and draw it to this file."""
    if lacking := [name for name in ("irssi", "tmux") if not shutil.which(name)]:
        raise SystemExit(f"scripts/screenshot: please install {' and '.join(lacking)}")
    with TemporaryDirectory(prefix="chat-") as name, running(Path(name)) as server:
        folder = Path(name)
        prepare(folder, server.port)
        client = [PROGRAMS / "chat-client", "-p", str(server.port), "-u"]
        size, irssi_size = (COLUMNS, CLIENT_ROWS), (COLUMNS, IRSSI_ROWS)
        with Terminal("anna", [*client, "anna", "--password-file", "password"], folder, size) as anna:
            anna.wait_for("#general>")
            with Terminal("carol", [*client, "carol"], folder, size) as carol:
                talk_across_a_crash(server, anna, carol)
                with Terminal("bob", ["irssi", f"--home={folder}"], folder, irssi_size) as bob:
                    welcome(anna, bob)
                    windows = [("anna: chat-client", anna.screen()), ("bob: irssi", bob.screen())]
    picture.write_text(draw(windows, COLUMNS), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
