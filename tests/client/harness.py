"""A harness for the client's protocol without I/O: conversations are transcripts.

A transcript has one step a line. `< line` is received from the server, `> line` must be sent next,
`| text` must be shown next, and `= opened` or `= lost` changes the connection. It fails if anything
else is sent or shown.
"""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC
from inspect import cleandoc
from typing import Concatenate, ParamSpec

from app.client.display.display_context import DisplayContext
from app.client.display.rendering import Renderer
from app.client.protocol import protocol
from app.client.protocol.effects import Effect, Effects, Send
from app.client.protocol.events import ClientEvent
from app.client.protocol.model import ClientState, LoginCredentials, UserOptions

P = ParamSpec("P")
NOW = 1_795_348_805_000  # 2026-11-22T12:00:05Z
CAPABILITIES = (
    "server-time message-tags echo-message batch labeled-response multi-prefix sasl account-tag account-notify"
    " extended-join away-notify draft/chathistory draft/account-registration standard-replies"
)


class ClientHarness:
    """The state of a client, and what it has sent and shown."""

    def __init__(self, **options: object) -> None:
        password = options.pop("password", None)
        settings: dict[str, object] = {"nick": "anna", "rooms": ["#tea"]} | options
        self.state = ClientState(UserOptions(**settings))  # type: ignore[arg-type]
        if password:
            self.state.options.credentials = LoginCredentials("anna", str(password))
        self.renderer = Renderer(DisplayContext(room="#tea", nick="anna", zone=UTC), has_colours=False)
        self.sent: deque[str] = deque()
        self.shown: deque[str] = deque()
        self.events: list[ClientEvent] = []
        self.now = NOW

    def receive(self, *lines: str) -> None:
        """Receive lines from the server."""
        for line in lines:
            self._apply(protocol.on_line(self.state, line, self.now))

    def execute(
        self, intent: Callable[Concatenate[ClientState, P], Effects], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Execute an intent of the user."""
        self._apply(intent(self.state, *args, **kwargs))

    def connect(self) -> None:
        """Establish a connection."""
        self._apply(protocol.on_opened(self.state, self.now))

    def disconnect(self, reason: str = "the server is gone") -> None:
        """Lose the connection."""
        self._apply(protocol.on_lost(self.state, reason, self.now))

    def play(self, transcript: str) -> None:
        """Play a transcript; it must account for everything sent and shown."""
        for line in cleandoc(transcript).splitlines():
            if line.strip():
                self._play_step(line[0], line[2:])
        assert not self.sent, f"also sent: {list(self.sent)}"
        assert not self.shown, f"also shown: {list(self.shown)}"

    def clear(self) -> None:
        """Discard what was sent and shown so far."""
        self.sent.clear()
        self.shown.clear()
        self.events.clear()

    def _apply(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Send):
                self.sent.append(effect)
            else:
                self.events.append(effect)
                self.shown.extend(line for line in self.renderer.render(effect) if not line.startswith("──"))

    def _play_step(self, mark: str, text: str) -> None:
        if mark == "<":
            self.receive(text)
        elif mark == ">":
            assert _pop_first(self.sent) == text
        elif mark == "|":
            assert _pop_first(self.shown) == text
        else:
            {"opened": self.connect, "lost": self.disconnect}[text]()


def _pop_first(lines: deque[str]) -> str:
    return lines.popleft() if lines else "(nothing)"


def online_client(caps: str = CAPABILITIES, isupport: str = "", **options: object) -> ClientHarness:
    """Return a connected client in #tea with bob; what it sent and showed so far is discarded."""
    client = ClientHarness(**options)
    client.connect()
    register(client, caps, isupport)
    client.clear()
    return client


def register(client: ClientHarness, caps: str = CAPABILITIES, isupport: str = "") -> None:
    """Complete the registration of a client and let it join #tea."""
    if caps:
        client.receive(f":srv CAP * LS :{caps}", f":srv CAP * ACK :{caps}")
    client.receive(f":srv 001 {client.state.options.nick} :Welcome")
    client.receive(f":srv 005 anna CHANTYPES=# PREFIX=(ov)@+ {isupport} :are supported")
    join(client, "#tea")


def join(client: ClientHarness, room: str, time: str = "2026-11-22T12:00:00.000Z") -> None:
    """Receive the server's replies to a JOIN."""
    nick = client.state.nick
    client.receive(
        f"@time={time} :{nick}!~anna@host JOIN {room} * :anna",
        f":srv 353 {nick} = {room} :{nick} @bob",
        f":srv 366 {nick} {room} :End",
    )


def privmsg(msgid: str, text: str, nick: str = "bob", room: str = "#tea", second: int = 1) -> str:
    """Return a PRIVMSG as the server sends it."""
    time = f"2026-11-22T12:00:{second:02d}.000Z"
    return f"@msgid={msgid};time={time} :{nick}!~u@host PRIVMSG {room} :{text}"


def history_batch(room: str, *lines: str, reference: str = "h") -> list[str]:
    """Return a page of history as the server sends it."""
    body = [f"@batch={reference};{line.removeprefix('@')}" for line in lines]
    return [f":srv BATCH +{reference} chathistory {room}", *body, f":srv BATCH -{reference}"]
