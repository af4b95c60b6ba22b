"""Line mode: simulated keys at a real prompt, connected to a scripted server."""

import queue
import threading
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import pytest
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from app.client.display.display_context import DisplayContext
from app.client.display.rendering import Renderer
from app.client.driver import MAX_INBOX_ITEMS, Driver, Inbox
from app.client.net.connect import Address
from app.client.net.link import Link
from app.client.notifications.alerts import Alert
from app.client.notifications.notifier import Notifier
from app.client.notifications.rules import NotificationRules
from app.client.protocol.model import ClientState, UserOptions
from app.client.storage.client_storage import ClientStorage
from app.client.storage.stored_list import IGNORED, MUTED, ROOMS, StoredList
from app.client.ui.commands.table import slash_commands
from app.client.ui.line_mode import LineMode
from app.clock import Clock
from tests.client.harness import history_batch, privmsg
from tests.client.scripted_server import DEFAULT_CAPABILITIES, TIMEOUT_SECONDS, ScriptedServer
from tests.waiting import eventually

ALL_CAPABILITIES = f"{DEFAULT_CAPABILITIES} sasl=PLAIN draft/account-registration"


class PromptUser:
    """A user at a prompt, whose keys and screen the test controls."""

    def __init__(
        self, keys: PipeInput, port: int, storage: ClientStorage | None = None, **options: object
    ) -> None:
        settings: dict[str, object] = {"nick": "anna", "rooms": ["#tea"]} | options
        clock = Clock()
        inbox: Inbox = queue.Queue(MAX_INBOX_ITEMS)
        link = Link(Address("127.0.0.1", port), inbox.put, clock)
        self.driver = Driver(ClientState(UserOptions(**settings)), link, inbox, clock)  # type: ignore[arg-type]
        self._screen: queue.Queue[str] = queue.Queue()
        self._keys = keys
        renderer = Renderer(DisplayContext(zone=UTC), has_colours=False, has_days=False)
        self.alerts: queue.Queue[Alert] = queue.Queue()
        self.line_mode = LineMode(
            self.driver,
            renderer,
            slash_commands(),
            storage or ClientStorage(),
            Notifier(NotificationRules(("kettle",)), [self.alerts.put], clock),
            self._screen.put,
            keys,
            DummyOutput(),
        )
        self._thread = threading.Thread(target=self.line_mode.run, name="line-mode", daemon=True)
        self._thread.start()

    def type(self, text: str, enter: str = "\r") -> None:
        """Type a text and press Enter."""
        self._keys.send_text(text + enter)

    def wait_for_lines(self, *expected: str) -> list[str]:
        """Wait until lines with these texts are shown, in order; return all lines so far."""
        return [line for text in expected for line in self._read_until(text)]

    def _read_until(self, text: str) -> list[str]:
        lines: list[str] = []
        while not (lines and text in lines[-1]):
            try:
                lines.append(self._screen.get(timeout=TIMEOUT_SECONDS))
            except queue.Empty:
                raise AssertionError(f"{text!r} was not shown, only {lines}") from None
        return lines

    def wait_for_question(self, text: str) -> None:
        """Wait until the prompt shows a question; an empty text stands for no question."""
        eventually(lambda: self._is_asking(text), TIMEOUT_SECONDS)

    def _is_asking(self, text: str) -> bool:
        question = self.line_mode.question
        return text in question.prompt if question and text else question is None and not text

    def press_ctrl_d(self) -> None:
        """Press Ctrl-D at a prompt without a question, and wait until the program ends."""
        self.wait_for_question("")
        self._keys.send_text("\x04")
        self.wait_for_exit()

    def wait_for_exit(self) -> None:
        """Wait until the program ends."""
        self._thread.join(TIMEOUT_SECONDS)
        assert not self._thread.is_alive()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A scripted server on loopback."""
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def keys() -> Iterator[PipeInput]:
    """The input of the prompt."""
    with create_pipe_input() as source:
        yield source


def test_messages_and_actions_are_sent_and_shown(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna")
    anna.wait_for_lines("Connecting to 127.0.0.1", "Connected as anna.", "You are in #tea.")
    anna.type("hello there")
    assert server.echo_message("anna") == "hello there"
    anna.wait_for_lines("[2026-11-22 12:00:05] anna: hello there")
    server.send(privmsg("m1", "hi \x1b[31manna"))
    anna.wait_for_lines("[2026-11-22 12:00:01] bob: hi \ufffd[31manna")
    anna.type("/me waves")
    assert server.echo_message("anna") == "\x01ACTION waves\x01"
    anna.wait_for_lines("* anna waves")
    anna.type("//etc")
    assert server.echo_message("anna") == "/etc"
    anna.press_ctrl_d()
    server.expect("QUIT Goodbye")


def test_slash_commands_run_or_explain_the_refusal(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    anna.type("/hlep")
    anna.wait_for_lines("! Unknown command /hlep. Did you mean /help?")
    anna.type("/msg")
    anna.wait_for_lines("! Usage: /msg TARGET [TEXT ...]")
    anna.type("/resend two")
    anna.wait_for_lines("! 'two' is not a number. Usage: /resend [NUMBER]")
    anna.type("/reg")
    anna.wait_for_lines("! This server does not support /reg.")
    anna.type("/help")
    anna.wait_for_lines("/join ROOM [KEY]", "/history [WHEN ...]", "/help [COMMAND]", "//TEXT ...")
    anna.type("/topic Green tea")
    server.expect("TOPIC #tea :Green tea")
    anna.type("/join ops")
    server.expect("JOIN #ops")
    server.send(":anna!~u@host JOIN #ops")
    anna.wait_for_lines("You are in #ops.")
    anna.type("here")
    assert server.receive().endswith("PRIVMSG #ops here")
    anna.type("/part")
    server.expect("PART #ops")
    server.send(":anna!~u@host PART #ops")
    anna.wait_for_lines("You left #ops.", "Now talking to #tea.")
    anna.type("/disconn")
    server.expect("QUIT Goodbye")
    anna.wait_for_exit()


def test_history_asks_for_the_period(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    anna.type("/history")
    anna.wait_for_question("History since")
    anna.type("2026-11-22 12:00")
    anna.wait_for_question("Until")
    anna.type("2026-11-22 13:00")
    server.expect(
        "CHATHISTORY BETWEEN #tea timestamp=2026-11-22T11:59:59.999Z timestamp=2026-11-22T13:00:00.001Z 50"
    )
    server.send(*history_batch("#tea", privmsg("m1", "one")))
    server.expect("CHATHISTORY BETWEEN #tea msgid=m1 timestamp=2026-11-22T13:00:00.001Z 50")
    server.send(*history_batch("#tea"))
    anna.wait_for_lines("── history of #tea: 1 message ──", "bob: one", "── end of history ──")
    anna.type("/history 3")
    server.expect("CHATHISTORY LATEST #tea * 3")
    server.send(*history_batch("#tea"))
    anna.type("/history 20260715")
    server.expect("CHATHISTORY BETWEEN #tea timestamp=2026-07-14T23:59:59.999Z timestamp=*")
    anna.type("/history 5000")
    anna.wait_for_lines("! Cannot parse '5000' as a time. Examples: 2h, yesterday, 2026-11-01 10:00.")
    anna.press_ctrl_d()


def test_password_is_prompted_for_and_not_remembered(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port, has_chosen_nick=True)
    server.accept()
    server.expect("CAP LS 302", "NICK anna", "USER *")
    server.send(f":srv CAP * LS :{ALL_CAPABILITIES}", ":srv 433 * anna :That nick is registered")
    server.expect("CAP REQ *")
    server.send(f":srv CAP * ACK :{ALL_CAPABILITIES.replace('=PLAIN', '')}")
    anna.wait_for_question("Password for anna")
    anna.type("secret")
    server.expect("AUTHENTICATE PLAIN")
    server.send("AUTHENTICATE +")
    server.expect("AUTHENTICATE AGFubmEAc2VjcmV0")
    server.send(":srv 900 * anna!u@h anna :in", ":srv 903 * :in")
    server.expect("NICK anna", "CAP END")
    server.send(":srv 001 anna :Welcome")
    server.expect("JOIN #tea")
    anna.wait_for_lines(
        "Cannot use the name anna: That nick is registered.", "Logged in as anna.", "Connected as anna."
    )
    anna.type("/auth anna secret")
    anna.wait_for_lines("! Do not type a password here, where it is visible. /auth prompts for it.")
    anna.type("/away lunch")
    server.expect("AWAY lunch")
    history = anna.line_mode.input_history()
    assert history == ["/away lunch"]
    anna.press_ctrl_d()


def test_registering_prompts_for_the_password_twice(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna", caps="draft/account-registration sasl")
    anna.wait_for_lines("You are in #tea.")
    anna.type("/reg")
    anna.wait_for_question("New password for anna")
    anna.type("one")
    anna.wait_for_question("Repeat the password")
    anna.type("two")
    anna.wait_for_lines("! The passwords do not match. Please try again.")
    anna.wait_for_question("New password for anna")
    anna.type("secret")
    anna.wait_for_question("Repeat the password")
    anna.type("secret")
    server.expect("REGISTER ? ? secret")
    server.send(":srv REGISTER SUCCESS anna :ok")
    anna.wait_for_lines("Registered anna.")
    anna.type("/unauth")
    anna.wait_for_lines("Logged out of anna. Reconnecting as anna_.")
    server.disconnect()
    server.accept()
    server.expect("CAP LS 302", "NICK anna_")
    anna.press_ctrl_d()


def test_rest_of_a_pasted_password_is_not_sent(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna", caps="draft/account-registration sasl")
    anna.wait_for_lines("You are in #tea.")
    anna.type("/auth")
    anna.wait_for_question("Password for anna")
    anna.type("secret\rsecret\r/names")
    server.expect("AUTHENTICATE PLAIN")
    anna.wait_for_question("")
    anna.type("/reg\rsecret\rsecret\rsecret")
    server.expect("REGISTER ? ? secret")
    anna.wait_for_question("")
    anna.type("/reg")
    anna.wait_for_question("New password for anna")
    anna.type("secret\rsec", enter="\x03")
    anna.wait_for_question("")
    anna.type("hello")
    server.expect("PRIVMSG #tea hello")
    assert anna.line_mode.input_history() == ["/auth", "/reg", "hello"]
    anna.press_ctrl_d()


def test_password_typed_while_reconnecting_is_not_sent(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna", caps="draft/account-registration sasl")
    anna.wait_for_lines("You are in #tea.")
    anna.type("/reg")
    anna.wait_for_question("New password for anna")
    anna.type("secret")
    anna.wait_for_question("Repeat the password")
    server.disconnect()
    anna.wait_for_lines("Connection lost")
    anna.type("secret")
    anna.wait_for_lines("! The connection has been lost. Use /reg to try again when it is back.")
    server.welcome("anna", caps="draft/account-registration sasl")
    anna.type("/names")
    server.expect("NAMES #tea")
    anna.press_ctrl_d()


def test_refused_password_is_asked_for_again(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna", caps="draft/account-registration sasl")
    anna.wait_for_lines("You are in #tea.")
    anna.type("/auth")
    anna.wait_for_question("Password for anna")
    anna.type("wrong")
    server.expect("AUTHENTICATE PLAIN")
    server.send(":srv 904 anna :Login failed")
    anna.wait_for_lines("! Cannot log in as anna: Login failed")
    anna.wait_for_question("Password for anna")
    anna.type("")
    anna.wait_for_question("")
    anna.type("/reg")
    for question in ("New password for anna", "Repeat the password"):
        anna.wait_for_question(question)
        anna.type("abc")
    server.expect("REGISTER ? ? abc")
    server.send(":srv FAIL REGISTER WEAK_PASSWORD anna :The password must be longer")
    anna.wait_for_question("New password for anna")
    anna.type("")
    anna.press_ctrl_d()


def test_nothing_typed_before_the_connection_is_sent(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.accept()
    anna.type("secret")
    anna.wait_for_lines("! You are not connected yet, so nothing was sent.")
    server.expect("CAP LS 302", "NICK anna", "USER *")
    server.send(":srv 421 * CAP :Unknown command", ":srv 001 anna :Welcome")
    server.expect("JOIN #tea")
    anna.type("/names #tea")
    server.expect("NAMES #tea")
    assert anna.line_mode.input_history() == ["/names #tea"]
    anna.press_ctrl_d()


def test_registering_asks_for_a_required_invitation_code(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna", caps="draft/account-registration=invitation-required sasl")
    anna.wait_for_lines("You are in #tea.")
    anna.type("/reg")
    anna.wait_for_question("Invitation code")
    anna.type("k7f3")
    for question in ("New password for anna", "Repeat the password"):
        anna.wait_for_question(question)
        anna.type("secret")
    server.expect("REGISTER ? k7f3 secret")
    anna.press_ctrl_d()


def test_answer_to_registration_offer_is_not_sent(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port, has_chosen_nick=True)
    server.welcome("anna", caps="draft/account-registration sasl")
    anna.wait_for_question("Register anna")
    anna.type("hello everybody")
    anna.wait_for_lines("Continuing as a guest. Use /reg to register this name later.")
    anna.wait_for_question("")
    anna.type("/names")
    server.expect("NAMES #tea")
    anna.press_ctrl_d()


def test_registration_offer_is_accepted_with_yes(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port, has_chosen_nick=True)
    server.welcome("anna", caps="draft/account-registration sasl")
    anna.wait_for_question("Register anna")
    anna.type("yes")
    for question in ("New password for anna", "Repeat the password"):
        anna.wait_for_question(question)
        anna.type("secret")
    server.expect("REGISTER ? ? secret")
    anna.press_ctrl_d()


def test_message_typed_while_disconnected_is_sent_when_back(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    server.disconnect()
    anna.wait_for_lines("Connection lost: The server closed the connection.", "Reconnecting in")
    for text in ("hello", "drop this", "there"):
        anna.type(text)
        anna.wait_for_lines(f"queued: {text}")
    anna.type("/cancel 2")
    anna.wait_for_lines("dropped: drop this")
    server.welcome("anna")
    server.expect("CHATHISTORY AFTER #tea timestamp=2026-11-22T12:00:00.000Z 50")
    server.send(*history_batch("#tea"))
    anna.wait_for_lines("Reconnected. You missed no messages.")
    assert [server.echo_message("anna") for _ in range(2)] == ["hello", "there"]
    anna.wait_for_lines("anna: hello", "anna: there")
    anna.press_ctrl_d()


def test_ending_with_queued_messages_must_be_repeated(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    server.disconnect()
    anna.wait_for_lines("Connection lost: The server closed the connection.")
    anna.type("hello")
    anna.wait_for_lines("queued: hello")
    keys.send_text("\x04")
    anna.wait_for_lines(
        "! 1 message is still queued and would be lost. Quit again to end the program anyway."
    )
    anna.press_ctrl_d()
    anna.wait_for_lines("! not sent: hello")


def paste(anna: PromptUser, text: str) -> None:
    """Paste a text as a terminal with bracketed paste does, and press Enter."""
    anna.type(f"\x1b[200~{text}\x1b[201~")


def test_paste_is_sent_only_as_the_user_chooses(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna", caps="draft/multiline=max-bytes=4096,max-lines=32 batch message-tags")
    anna.wait_for_lines("You are in #tea.")
    paste(anna, "one\n\n  two\n")
    anna.wait_for_question("Send 2 lines as one message, as 2, or not?")
    anna.type("")
    anna.wait_for_lines("Nothing was sent.")
    paste(anna, "one\n\n  two\n")
    anna.wait_for_question("Send 2 lines")
    anna.type("one")
    server.expect("BATCH +m1 draft/multiline #tea")
    server.expect("@batch=m1 PRIVMSG #tea one", "@batch=m1 PRIVMSG #tea :", "@batch=m1 PRIVMSG #tea :  two")
    server.expect("BATCH -m1")
    anna.wait_for_question("")
    paste(anna, "one\ntwo")
    anna.wait_for_question("Send 2 lines")
    anna.type("2")
    server.expect("PING *", "PRIVMSG #tea one", "PRIVMSG #tea two")
    anna.press_ctrl_d()


def test_paste_without_multiline_is_offered_as_single_lines(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    paste(anna, "one\ntwo")
    anna.wait_for_question(
        "Send 2 lines as 2 messages (the server does not support messages of several lines)?"
    )
    anna.type("y")
    assert [server.echo_message("anna"), server.echo_message("anna")] == ["one", "two"]
    anna.wait_for_question("")
    paste(anna, "/join #a\n/join #b")
    anna.wait_for_lines("! A command has one line, so nothing was done.")
    anna.press_ctrl_d()


def test_input_is_kept_across_starts_without_secrets(
    server: ScriptedServer, keys: PipeInput, tmp_path: Path
) -> None:
    storage = ClientStorage(StoredList(tmp_path, ROOMS, "anna"), history_file=tmp_path / "history")
    anna = PromptUser(keys, server.port, storage)
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    anna.type("/msg NickServ IDENTIFY secret")
    anna.type("/names")
    anna.press_ctrl_d()
    assert (tmp_path / "history").read_text() == '"/names"\n'
    assert StoredList(tmp_path, ROOMS, "anna").load() == ["#tea"]


def test_mentions_alert_unless_ignored_or_muted(
    server: ScriptedServer, keys: PipeInput, tmp_path: Path
) -> None:
    ignored, muted = StoredList(tmp_path, IGNORED, "anna"), StoredList(tmp_path, MUTED, "anna")
    ignored.save(["walt"])
    muted.save(["Carol"])
    anna = PromptUser(keys, server.port, ClientStorage(ignored=ignored, muted=muted))
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    server.send(privmsg("m0", "hi", nick="carol", room="anna"), privmsg("m1", "anna: hi", nick="walt"))
    server.send(privmsg("m2", "the kettle is on", second=2))
    anna.wait_for_lines("bob: the kettle is on")
    assert anna.alerts.get(timeout=TIMEOUT_SECONDS) == Alert("#tea", "bob", "the kettle is on")
    anna.type("/mute")
    anna.wait_for_lines("#tea does not notify you any more. Muted: Carol, #tea")
    anna.type("/unmute ops")
    anna.wait_for_lines("! ops is not muted.")
    server.send(privmsg("m3", "anna: hi", second=3), "PING fence")
    server.expect("PONG fence")
    anna.type("/unmute")
    anna.wait_for_lines("bob: anna: hi", "#tea notifies you again.")
    assert anna.alerts.empty()
    anna.press_ctrl_d()


def test_conversation_with_someone_who_just_typed_does_not_alert(
    server: ScriptedServer, keys: PipeInput
) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    anna.type("hello")
    assert server.echo_message("anna") == "hello"
    server.send(privmsg("m1", "anna: hi", second=6))
    anna.wait_for_lines("bob: anna: hi")
    anna.press_ctrl_d()
    assert anna.alerts.empty()
