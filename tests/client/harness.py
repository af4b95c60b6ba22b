"""A bench for the client's pure state: conversations are played as transcripts.

A transcript has one thing a line. `< line` comes from the server, `> line` must be what is sent next,
`| text` must be what is shown next, `= word` is something that happens: `opened`, `lost`. Whatever is sent
or shown without standing in the transcript fails it.
"""

from collections import deque
from collections.abc import Iterable
from datetime import UTC
from inspect import cleandoc

from app.client.display.event_text import DisplayContext
from app.client.display.rendering import Renderer
from app.client.protocol import protocol
from app.client.protocol.effects import Effect, Effects, Send
from app.client.protocol.events import ClientEvent
from app.client.protocol.model import ClientState, LoginCredentials, UserOptions

NOW = 1_795_348_805_000  # 2026-11-22T12:00:05Z
CAPS = (
    "server-time message-tags echo-message batch labeled-response multi-prefix sasl account-tag account-notify"
    " extended-join away-notify draft/chathistory draft/account-registration standard-replies"
)


class ClientHarness:
    """One client, its state and what it sent and showed."""

    def __init__(self, **wishes: object) -> None:
        password = wishes.pop("password", None)
        settings: dict[str, object] = {"nick": "anna", "rooms": ["#tea"]} | wishes
        self.state = ClientState(UserOptions(**settings))  # type: ignore[arg-type]
        if password:
            self.state.options.credentials = LoginCredentials("anna", str(password))
        self.renderer = Renderer(DisplayContext(room="#tea", nick="anna", zone=UTC), has_colours=False)
        self.sent: deque[str] = deque()
        self.shown: deque[str] = deque()
        self.events: list[ClientEvent] = []
        self.now = NOW

    def take(self, effects: Iterable[Effect]) -> None:
        """Sort effects into what is sent and what is shown."""
        for effect in effects:
            if isinstance(effect, Send):
                self.sent.append(effect)
            else:
                self.events.append(effect)
                self.shown.extend(line for line in self.renderer.render(effect) if not line.startswith("──"))

    def hears(self, *lines: str) -> None:
        """Let the server send lines."""
        for line in lines:
            self.take(protocol.on_line(self.state, line, self.now))

    def does(self, effects: Effects) -> None:
        """Carry out what the user wants."""
        self.take(effects)

    def opens(self) -> None:
        """A connection is made."""
        self.take(protocol.on_opened(self.state, self.now))

    def loses(self, reason: str = "the server is gone") -> None:
        """The connection breaks."""
        self.take(protocol.on_lost(self.state, reason, self.now))

    def play(self, transcript: str) -> None:
        """Play a transcript to its end; nothing may be left over."""
        for line in cleandoc(transcript).splitlines():
            if line.strip():
                self._step(line[0], line[2:])
        assert not self.sent, f"also sent: {list(self.sent)}"
        assert not self.shown, f"also shown: {list(self.shown)}"

    def _step(self, mark: str, text: str) -> None:
        if mark == "<":
            self.hears(text)
        elif mark == ">":
            assert _first(self.sent) == text
        elif mark == "|":
            assert _first(self.shown) == text
        else:
            {"opened": self.opens, "lost": self.loses}[text]()

    def forget(self) -> None:
        """Leave out of account what was sent and shown so far."""
        self.sent.clear()
        self.shown.clear()
        self.events.clear()


def _first(things: deque[str]) -> str:
    return things.popleft() if things else "(nothing)"


def online(caps: str = CAPS, isupport: str = "", **wishes: object) -> ClientHarness:
    """Return a client that is connected and in #tea with bob, with nothing left to look at."""
    bench = ClientHarness(**wishes)
    bench.opens()
    come_online(bench, caps, isupport)
    bench.forget()
    return bench


def come_online(bench: ClientHarness, caps: str = CAPS, isupport: str = "") -> None:
    """Let the server take the client in."""
    if caps:
        bench.hears(f":srv CAP * LS :{caps}", f":srv CAP * ACK :{caps}")
    bench.hears(f":srv 001 {bench.state.options.nick} :Welcome")
    bench.hears(f":srv 005 anna CHANTYPES=# PREFIX=(ov)@+ {isupport} :are supported")
    enter(bench, "#tea")


def enter(bench: ClientHarness, room: str, time: str = "2026-11-22T12:00:00.000Z") -> None:
    """Let the server confirm that the client is in a room."""
    nick = bench.state.nick
    bench.hears(
        f"@time={time} :{nick}!~anna@host JOIN {room} * :anna",
        f":srv 353 {nick} = {room} :{nick} @bob",
        f":srv 366 {nick} {room} :End",
    )


def said(msgid: str, text: str, nick: str = "bob", room: str = "#tea", second: int = 1) -> str:
    """Return a message as the server sends it."""
    time = f"2026-11-22T12:00:{second:02d}.000Z"
    return f"@msgid={msgid};time={time} :{nick}!~u@host PRIVMSG {room} :{text}"


def page(room: str, *lines: str, reference: str = "h") -> list[str]:
    """Return a page of history as the server sends it."""
    body = [f"@batch={reference};{line.removeprefix('@')}" for line in lines]
    return [f":srv BATCH +{reference} chathistory {room}", *body, f":srv BATCH -{reference}"]
