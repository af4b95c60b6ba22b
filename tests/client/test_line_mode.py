"""Line mode: a person types at a real prompt, and the server is played by the test."""

import queue
import threading
from collections.abc import Iterator
from datetime import UTC

import pytest
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from app.client.display.event_text import DisplayContext
from app.client.display.rendering import Renderer
from app.client.driver import MAX_INBOX_ITEMS, Driver, Inbox
from app.client.net.connect import Address
from app.client.net.link import Link
from app.client.protocol.model import ClientState, UserOptions
from app.client.ui.line_mode import LineMode
from app.clock import Clock
from tests.client.harness import page, said
from tests.client.scripted_server import SECONDS, SEVERAL, ScriptedServer
from tests.waiting import eventually

ALL = f"{SEVERAL} sasl=PLAIN draft/account-registration"


class PromptUser:
    """Somebody at a terminal."""

    def __init__(self, keys: PipeInput, port: int, **wishes: object) -> None:
        settings: dict[str, object] = {"nick": "anna", "rooms": ["#tea"]} | wishes
        clock = Clock()
        inbox: Inbox = queue.Queue(MAX_INBOX_ITEMS)
        link = Link(Address("127.0.0.1", port), inbox.put, clock)
        self.driver = Driver(ClientState(UserOptions(**settings)), link, inbox, clock)  # type: ignore[arg-type]
        self._screen: queue.Queue[str] = queue.Queue()
        self._keys = keys
        renderer = Renderer(DisplayContext(zone=UTC), has_colours=False, has_days=False)
        self.shell = LineMode(self.driver, renderer, self._screen.put, keys, DummyOutput())
        self._thread = threading.Thread(target=self.shell.run, name="shell")
        self._thread.start()

    def types(self, text: str, enter: str = "\r") -> None:
        """Type something and press Enter."""
        self._keys.send_text(text + enter)

    def sees(self, *expected: str) -> None:
        """Wait until lines are shown, in order; others may stand between."""
        for text in expected:
            seen = []
            while not (seen and text in seen[-1]):
                try:
                    seen.append(self._screen.get(timeout=SECONDS))
                except queue.Empty:
                    raise AssertionError(f"{text!r} was not shown, but {seen}") from None

    def waits_for_question(self, text: str) -> None:
        """Wait until a question is asked."""
        eventually(lambda: self.driver.read(lambda state: self._asked(text)), SECONDS)

    def _asked(self, text: str) -> bool:
        question = self.shell.controller.questions.current
        return question is not None and text in question.prompt

    def leaves(self) -> None:
        """End the program with Ctrl-D."""
        self._keys.send_text("\x04")
        self.is_gone()

    def is_gone(self) -> None:
        """Wait for the program's end."""
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()


@pytest.fixture
def peer() -> Iterator[ScriptedServer]:
    """A server on loopback."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    """A keyboard."""
    with create_pipe_input() as source:
        yield source


def test_messages_and_actions_are_sent_and_shown(peer: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, peer.port)
    peer.welcome("anna")
    anna.sees("Connecting to 127.0.0.1", "Connected as anna.", "You are in #tea.")
    anna.types("hello there")
    assert peer.echo("anna") == "hello there"
    anna.sees("[2026-11-22 12:00:05] anna: hello there")
    peer.say(said("m1", "hi \x1b[31manna"))
    anna.sees("[2026-11-22 12:00:01] bob: hi \ufffd[31manna")
    anna.types("/me waves")
    assert peer.echo("anna") == "\x01ACTION waves\x01"
    anna.sees("* anna waves")
    anna.types("//etc")
    assert peer.echo("anna") == "/etc"
    anna.leaves()
    peer.expect("QUIT Goodbye")


def test_slash_commands_run_or_explain_the_refusal(peer: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, peer.port)
    peer.welcome("anna")
    anna.sees("You are in #tea.")
    anna.types("/hlep")
    anna.sees("! Unknown command /hlep. Did you mean /help?")
    anna.types("/msg")
    anna.sees("! Usage: /msg TARGET [TEXT ...]")
    anna.types("/resend two")
    anna.sees("! 'two' is not a number. Usage: /resend [NUMBER]")
    anna.types("/reg")
    anna.sees("! This server does not support /reg.")
    anna.types("/help")
    anna.sees("/help [COMMAND]", "/history [WHEN ...]", "//TEXT ...")
    anna.types("/topic Green tea")
    peer.expect("TOPIC #tea :Green tea")
    anna.types("/join ops")
    peer.expect("JOIN #ops")
    peer.say(":anna!~u@host JOIN #ops")
    anna.sees("You are in #ops.")
    anna.types("here")
    assert peer.hear().endswith("PRIVMSG #ops here")
    anna.types("/quit")
    peer.expect("PART #ops")
    peer.say(":anna!~u@host PART #ops")
    anna.sees("You left #ops.", "Now talking to #tea.")
    anna.types("/disconn")
    peer.expect("QUIT Goodbye")
    anna.is_gone()


def test_history_asks_for_the_period(peer: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, peer.port)
    peer.welcome("anna")
    anna.sees("You are in #tea.")
    anna.types("/history")
    anna.waits_for_question("History since")
    anna.types("2026-11-22 12:00")
    anna.waits_for_question("Until")
    anna.types("2026-11-22 13:00")
    peer.expect(
        "CHATHISTORY BETWEEN #tea timestamp=2026-11-22T11:59:59.999Z timestamp=2026-11-22T13:00:00.001Z 50"
    )
    peer.say(*page("#tea", said("m1", "one")))
    peer.expect("CHATHISTORY BETWEEN #tea msgid=m1 timestamp=2026-11-22T13:00:00.001Z 50")
    peer.say(*page("#tea"))
    anna.sees("── history of #tea: 1 message ──", "bob: one", "── end of history ──")
    anna.types("/history 3")
    peer.expect("CHATHISTORY LATEST #tea * 3")
    anna.leaves()


def test_password_is_prompted_for_and_not_remembered(peer: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, peer.port, has_chosen_nick=True)
    peer.accept()
    peer.expect("CAP LS 302", "NICK anna", "USER *")
    peer.say(f":srv CAP * LS :{ALL}", ":srv 433 * anna :That nick is registered")
    peer.expect("CAP REQ *")
    peer.say(f":srv CAP * ACK :{ALL.replace('=PLAIN', '')}")
    anna.waits_for_question("Password for anna")
    anna.types("secret")
    peer.expect("AUTHENTICATE PLAIN")
    peer.say("AUTHENTICATE +")
    peer.expect("AUTHENTICATE AGFubmEAc2VjcmV0")
    peer.say(":srv 900 * anna!u@h anna :in", ":srv 903 * :in")
    peer.expect("NICK anna", "CAP END")
    peer.say(":srv 001 anna :Welcome")
    peer.expect("JOIN #tea")
    anna.sees(
        "Cannot use the name anna: That nick is registered.", "Logged in as anna.", "Connected as anna."
    )
    anna.types("/auth anna secret")
    anna.sees("! Do not type a password here, where it is visible. /auth prompts for it.")
    anna.types("/away lunch")
    peer.expect("AWAY lunch")
    history = anna.shell.input_history()
    assert history == ["/away lunch"]
    anna.leaves()


def test_registering_prompts_for_the_password_twice(peer: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, peer.port)
    peer.welcome("anna", caps="draft/account-registration sasl")
    anna.sees("You are in #tea.")
    anna.types("/reg")
    anna.waits_for_question("New password for anna")
    anna.types("one")
    anna.waits_for_question("Repeat the password")
    anna.types("two")
    anna.sees("! The passwords do not match.")
    anna.types("/reg")
    anna.waits_for_question("New password for anna")
    anna.types("secret")
    anna.waits_for_question("Repeat the password")
    anna.types("secret")
    peer.expect("REGISTER ? ? secret")
    peer.say(":srv REGISTER SUCCESS anna :ok")
    anna.sees("Registered anna.")
    anna.types("/unauth")
    anna.sees("Logged out of anna. Reconnecting as anna_.")
    peer.hang_up()
    peer.accept()
    peer.expect("CAP LS 302", "NICK anna_")
    anna.leaves()


def test_registering_asks_for_a_required_invitation_code(peer: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, peer.port)
    peer.welcome("anna", caps="draft/account-registration=invitation-required sasl")
    anna.sees("You are in #tea.")
    anna.types("/reg")
    anna.waits_for_question("Invitation code")
    anna.types("k7f3")
    for question in ("New password for anna", "Repeat the password"):
        anna.waits_for_question(question)
        anna.types("secret")
    peer.expect("REGISTER ? k7f3 secret")
    anna.leaves()


def test_answer_to_registration_offer_is_not_sent(peer: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, peer.port, has_chosen_nick=True)
    peer.welcome("anna", caps="draft/account-registration sasl")
    anna.waits_for_question("Register anna")
    anna.types("hello everybody")
    anna.sees("Continuing as a guest. Use /reg to register this name later.")
    anna.types("/names")
    peer.expect("NAMES #tea")
    anna.leaves()


def test_registration_offer_is_accepted_with_yes(peer: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, peer.port, has_chosen_nick=True)
    peer.welcome("anna", caps="draft/account-registration sasl")
    anna.waits_for_question("Register anna")
    anna.types("yes")
    for question in ("New password for anna", "Repeat the password"):
        anna.waits_for_question(question)
        anna.types("secret")
    peer.expect("REGISTER ? ? secret")
    anna.leaves()


def test_message_typed_while_disconnected_can_be_resent(peer: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, peer.port)
    peer.welcome("anna")
    anna.sees("You are in #tea.")
    peer.hang_up()
    anna.sees("Connection lost: The server closed the connection.", "Reconnecting in")
    anna.types("hello")
    anna.sees("! not sent: hello — not connected. Use /resend 1 to send it again.")
    peer.welcome("anna")
    peer.expect("CHATHISTORY AFTER #tea timestamp=2026-11-22T12:00:00.000Z 50")
    peer.say(*page("#tea"))
    anna.sees("Reconnected. You missed no messages.")
    anna.types("/resend")
    assert peer.echo("anna") == "hello"
    anna.sees("anna: hello")
    anna.leaves()
