"""No mistake in a command and no defect ends the client."""

import queue
from collections.abc import Callable, Iterator
from datetime import UTC
from functools import partial

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from prompt_toolkit.input import PipeInput, create_pipe_input

from app.client.display.display_context import DisplayContext
from app.client.display.jsonlines import to_json
from app.client.display.rendering import Renderer
from app.client.driver import MAX_INBOX_ITEMS, Driver, Inbox
from app.client.net.connect import Address
from app.client.net.link import Connecting, Ended, Link, LinkEvent, Received
from app.client.protocol import protocol
from app.client.protocol.dispatch import HANDLERS
from app.client.protocol.events import ClientEvent, Message, Notice
from app.client.protocol.model import ClientState, UserOptions
from app.client.storage.client_storage import ClientStorage
from app.client.ui.commands.table import slash_commands
from app.client.ui.controller import Controller
from app.clock import Clock, from_iso
from app.text.local_time import WallClock
from app.text.periods import Period, parse_span
from tests.client.harness import CAPABILITIES, NOW, privmsg
from tests.client.scripted_server import ScriptedServer
from tests.client.ui.test_line_mode import PromptUser


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


class OfflineSession:
    """A driver that is told what the server says; its link never reaches one."""

    def __init__(self) -> None:
        clock = Clock()
        inbox: Inbox = queue.Queue(MAX_INBOX_ITEMS)
        self.shown: list[ClientEvent] = []
        link = Link(Address("127.0.0.1", 1), inbox.put, clock)
        self.driver = Driver(ClientState(UserOptions("anna", rooms=["#tea"])), link, inbox, clock)
        self.driver.show = self.shown.append

    def run(self, *actions: Callable[[], object]) -> None:
        """Run the driver until it has performed the actions."""
        for action in (*actions, self.driver.end):
            self.driver.post(action)
        self.driver.run()

    def receive(self, line: str) -> None:
        """Process a line as if the server had sent it. Must be called in an action."""
        self.driver.execute(protocol.on_line, line, NOW)

    def errors(self) -> list[str]:
        """Return the errors shown so far."""
        return [event.text for event in self.shown if isinstance(event, Notice) and event.is_error]


def test_exception_of_an_action_is_shown_with_its_place() -> None:
    session = OfflineSession()
    session.run(_fail)
    (sentence,) = session.errors()
    assert sentence.startswith("internal error (IndexError at ")
    assert "test_defects.py:" in sentence


def test_same_defect_is_shown_once_a_minute() -> None:
    session = OfflineSession()
    session.run(_fail, _fail, _fail)
    assert len(session.errors()) == 1
    assert session.driver.defects == 3


def test_tick_that_always_fails_ends_the_client() -> None:
    session = OfflineSession()
    session.driver.on_tick = _fail
    with pytest.raises(IndexError):
        session.run(*[_do_nothing] * 100)


def test_defect_of_the_link_is_passed_on_when_it_ends() -> None:
    events: list[LinkEvent] = []

    def report(event: LinkEvent) -> None:
        events.append(event)
        if isinstance(event, Connecting):
            _fail()

    link = Link(Address("127.0.0.1", 1), report, Clock())
    link.start()
    link.stop()
    assert isinstance(events[-1], Ended)
    assert isinstance(events[-1].error, IndexError)


def test_closed_output_ends_the_client() -> None:
    session = OfflineSession()
    session.driver.show = _write_to_closed_pipe
    with pytest.raises(BrokenPipeError):
        session.run(lambda: session.receive(":srv 001 anna :Welcome"), *[_do_nothing] * 100)


def _fail() -> None:
    [][0]


def _do_nothing() -> None:
    pass


def _write_to_closed_pipe(event: ClientEvent) -> None:
    raise BrokenPipeError


PHASES = [phase for phase in Phase if phase is not Phase.explain]  # explaining a failure takes minutes
NAMES = ["#tea", "bob", "anna", "#", "*", "&", "+o", "//", "/"]
NUMBERS = ["0", "1", "99999999999999999999", "-1", "\u0663"]
TIMES = ["last friday", "now", "2h", "0001-01-01", "9999-12-31", "2026-W29"]
FILTERS = ["in:", "from:bob", "after:", 'before:"', "after:9999-12-31", "after:0001-01-01"]
WORDS = st.sampled_from(NAMES + NUMBERS + TIMES + FILTERS)
ENDING = ("disconn", "quit", "exit")  # these end the program as they should
ARGUMENTS = st.lists(WORDS | st.text(max_size=8), max_size=4).map(" ".join)
COMMANDS = st.sampled_from(
    [command.name for command in slash_commands() if command.name not in ENDING]
) | st.text(max_size=5)
LINES = st.builds("/{} {}".format, COMMANDS, ARGUMENTS) | ARGUMENTS


@settings(max_examples=25, deadline=None, phases=PHASES)
@given(st.lists(LINES, min_size=10, max_size=40))
def test_no_line_of_input_reveals_a_defect(lines: list[str]) -> None:
    session = OfflineSession()
    controller = Controller(
        session.driver, DisplayContext(zone=UTC), session.shown.append, slash_commands(), ClientStorage()
    )

    def enter(line: str) -> None:
        question = controller.questions.current
        if question:
            controller.questions.answer(question, line)
        else:
            controller.run(line)

    caps = f"{CAPABILITIES} soju.im/search draft/read-marker draft/message-redaction"
    greeting = [
        f":srv CAP * LS :{caps}",
        f":srv CAP * ACK :{caps}",
        ":srv 001 anna :Welcome",
        ":anna JOIN #tea",
    ]
    received = [partial(session.receive, line) for line in greeting]
    session.run(*received, *(partial(enter, line) for line in lines))
    assert session.driver.defects == 0, session.errors()


@pytest.mark.parametrize("zone", ["UTC0", "CET-1CEST", "Nowhere/Land", ""])
def test_times_are_understood_whatever_the_zone_is_called(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    monkeypatch.setenv("TZ", zone)
    now = from_iso("2026-11-25T12:00:00Z")
    assert parse_span("last friday", WallClock(now, UTC)) == Period(from_iso("2026-11-20T00:00:00Z"), now)
    assert parse_span("last friday", WallClock(now, None)).last == now


TIMES_SENT = ["0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "now", "2026-11-22T12:00:00.000Z"]
SOURCES = ["", ":srv ", ":anna!a@h ", ":bob!b@h ", ":"]
TARGETS = ["#tea", "anna", "bob", "*", "@#tea", ""]
VERBS = [*HANDLERS, "BATCH", "MULTILINE"]
TAGS = st.lists(
    st.sampled_from([f"time={time}" for time in TIMES_SENT])
    | st.sampled_from(
        ["label=1", "label=x", "batch=b", "msgid=m1", "msgid=", "+draft/reply=m1", "+draft/react=x"]
    ),
    max_size=3,
).map(lambda tags: f"@{';'.join(tags)} " if tags else "")
PARAMETERS = st.sampled_from(
    [*TARGETS, "+b", "b", "chathistory", "LS", "ACK", "TARGETS", "timestamp=x", "=", "0", ":a b", "SUCCESS"]
) | st.text(st.characters(exclude_characters="\r\n\0"), max_size=6)
SERVER_LINES = st.builds(
    lambda tags, source, verb, parameters: f"{tags}{source}{verb} {' '.join(parameters)}",
    TAGS,
    st.sampled_from(SOURCES),
    st.sampled_from(VERBS),
    st.lists(PARAMETERS, max_size=5),
)


@settings(max_examples=60, deadline=None, phases=PHASES)
@given(st.lists(SERVER_LINES, min_size=10, max_size=40))
def test_no_line_of_a_server_reveals_a_defect(lines: list[str]) -> None:
    session = OfflineSession()
    renderer = Renderer(DisplayContext("#tea", "anna"), has_colours=True)

    def show(event: ClientEvent) -> None:
        session.shown.append(event)
        renderer.render(event)
        to_json(event)

    session.driver.show = show
    greeting = [":srv CAP * LS :batch", ":srv CAP * ACK :batch", ":srv 001 anna :Welcome", ":anna JOIN #tea"]
    session.run(*(partial(session.receive, line) for line in [*greeting, *lines]))
    assert session.driver.defects == 0, session.errors()


def test_event_that_cannot_be_shown_does_not_stop_the_others(server: ScriptedServer, keys: PipeInput) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    show = anna.driver.show

    def fail_for_bob(event: ClientEvent) -> None:
        if isinstance(event, Message) and event.author == "bob":
            raise KeyError(event.author)
        show(event)

    anna.driver.show = fail_for_bob
    server.send(privmsg("m1", "one"), privmsg("m2", "two", nick="carol"))
    anna.wait_for_lines("! internal error (KeyError at ", "carol: two")
    anna.press_ctrl_d()


def test_bytes_that_are_not_utf8_are_refused_and_typing_goes_on(
    server: ScriptedServer, keys: PipeInput
) -> None:
    anna = PromptUser(keys, server.port)
    server.welcome("anna")
    anna.wait_for_lines("You are in #tea.")
    for line in (b"caf\xe9", b"/topic caf\xe9", b"/caf\xe9", b"/msg bob \xff\xfe", b"//\x80"):
        keys.send_bytes(line + b"\r")
        anna.wait_for_lines("contains bytes that are not UTF-8")
    anna.type("café")
    assert server.echo_message("anna") == "café"
    anna.press_ctrl_d()
    server.expect("QUIT Goodbye")


def test_calls_are_made_before_lines_that_flood_the_client() -> None:
    session = OfflineSession()
    for number in range(MAX_INBOX_ITEMS):
        session.driver.link._report(Received((f":srv NOTICE * :{number}",)))
    made: list[str] = []
    for text in ("first", "second"):
        session.driver.post(partial(made.append, text))  # never blocks
    session.driver.post(session.driver.end)
    session.driver.run()
    assert made == ["first", "second"]
    assert len(session.shown) <= 1


def test_client_ends_at_once_while_the_link_waits_for_space() -> None:
    session = OfflineSession()
    session.run(*[_do_nothing] * MAX_INBOX_ITEMS)  # each wakes the driver: its queue is full
    assert not session.driver.link._thread.is_alive()
