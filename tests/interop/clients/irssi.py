"""irssi on a terminal, with a home of its own."""

from pathlib import Path

from tests.interop.clients.terminal import TmuxTerminal

# irssi paces itself and asks before it pastes; a test types faster than people do.
CONFIG = """
servers = ( {{ address = "127.0.0.1"; port = "{port}"; chatnet = "chat"; autoconnect = "yes"; }} );
chatnets = {{ chat = {{
  type = "IRC"; nick = "{nick}"; cmdmax = "1000"; cmdspeed = "10";{login}
}}; }};
settings = {{
  core = {{ real_name = "A person with irssi"; user_name = "{nick}"; server_reconnect_time = "1s"; }};
  "fe-text" = {{ paste_verify_line_count = "0"; show_server_time = "yes"; }};
  "fe-common/core" = {{ autolog = "yes";
    autolog_path = "{home}/$0.log"; }};
}};
"""
LOGIN = ' sasl_mechanism = "PLAIN"; sasl_username = "{0}"; sasl_password = "{1}";'


class Irssi(TmuxTerminal):
    """An irssi that connects at once. Its first window is the status, the second the room."""

    def __init__(self, folder: Path, port: int, nick: str, password: str | None = None) -> None:
        self.home = folder
        folder.mkdir()
        login = LOGIN.format(nick, password) if password else ""
        config = CONFIG.format(port=port, nick=nick, login=login, home=folder)
        (folder / "config").write_text(config)
        super().__init__(["irssi", f"--home={folder}"], folder)

    def window(self, number: int) -> None:
        """Switch to another window."""
        self.type(f"/window {number}")

    def log(self, name: str) -> list[str]:
        """Return the logged lines of a room or query, without their times."""
        lines = (self.home / f"{name}.log").read_text().splitlines()
        return [line[6:] for line in lines if not line.startswith("---")]
