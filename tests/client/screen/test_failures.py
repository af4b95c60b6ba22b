"""What goes wrong is shown, and ends nothing."""

import stat
from pathlib import Path

import pytest
from textual.app import ComposeResult

from app.client.net.connect import Address, NoSuchServer
from app.client.protocol.events import Phase, PhaseChanged
from app.client.screen.error_boundary import ResilientApp
from app.client.screen.options import ScreenOptions
from app.client.screen.session.call_queue import CallQueue
from app.client.storage.error_log import ErrorLog
from app.clock import Clock
from tests.client.screen.screen_user import (
    CAPABILITIES,
    ScreenUser,
    open_screen,
    open_unconnected_screen,
    scene,
)

HISTORY = f"{CAPABILITIES} draft/chathistory"


class Broken(Exception):
    """A defect."""


def fail(*arguments: object) -> None:
    raise Broken


@scene
@pytest.mark.parametrize("part", ["handler", "drawing", "timer", "call", "action"])
async def test_a_defect_is_shown_and_logged_and_the_session_goes_on(tmp_path: Path, part: str) -> None:
    async with open_screen(tmp_path) as anna:
        await break_part(anna, part)
        log = tmp_path / "errors.log"
        await anna.sees("internal error (Broken at")
        assert "Broken" in log.read_text(encoding="utf-8")
        assert stat.S_IMODE(log.stat().st_mode) == 0o600
        anna.server.send(":bob!b@host PRIVMSG #tea :still here")
        await anna.sees("still here")
        await anna.press(*"me too")
        await anna.sees("me too")
        anna.expected_defects = anna.app.defects.count


async def break_part(anna: ScreenUser, part: str) -> None:
    """Make a part of the screen fail once or, if it is drawn, always."""
    app = anna.app
    if part == "handler":
        app.widgets.rooms.choose = fail  # type: ignore[method-assign]
        await anna.click("#rooms", (3, 1))
    elif part == "drawing":
        app.widgets.members.lay_out = fail  # type: ignore[method-assign,assignment]
        app.widgets.members.refresh()
    elif part == "timer":
        app.set_timer(0.01, fail)
    elif part == "call":
        app.session._calls.post(fail)
    else:
        app._actions["help"] = fail
        await anna.press("f1")


@scene
async def test_a_repeated_defect_is_shown_once(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        for _ in range(5):
            anna.app.session._calls.post(fail)
        await anna.sees("internal error (Broken at")
        assert anna.text().count("! internal error") == 1
        anna.expected_defects = 5


def test_a_failed_call_does_not_stop_the_next() -> None:
    made: list[object] = []
    calls = CallQueue(lambda: made.append("drawn"))
    calls.on_error = made.append
    error = Broken()

    def broken() -> None:
        raise error

    for call in (broken, lambda: made.append("called")):
        calls.post(call)
    calls._run()
    assert made[:2] == [error, "called"]


@scene
async def test_a_connection_that_is_impossible_keeps_what_was_typed(tmp_path: Path) -> None:
    async with open_unconnected_screen(tmp_path, host="nowhere.invalid") as anna:
        await anna.press(*"draft")
        await anna.sees("Check the name", "F5 tries again · Ctrl-Q ends the program", "draft")
        await anna.press("enter")
        await anna.sees("Nothing was sent. F5 connects again.")
        anna.app.session.driver.link.address = Address("127.0.0.1", anna.server.port)
        await anna.press("f5")
        anna.server.welcome("anna")
        await anna.sees_no("F5 tries again")
        await anna.sees("draft", "connected")


@scene
async def test_the_program_ends_if_no_other_attempt_is_wanted(tmp_path: Path) -> None:
    async with open_unconnected_screen(tmp_path, host="nowhere.invalid") as anna:
        await anna.sees("Check the name", "F5 tries again · Ctrl-Q ends the program")
        await anna.press("ctrl+q")
        assert not anna.app.is_running
        assert isinstance(anna.app.session.error, NoSuchServer)


@scene
async def test_typing_goes_on_while_the_client_reconnects(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=HISTORY) as anna:
        anna.server.disconnect()
        await anna.sees("reconnecting")
        await anna.type("are you there?")
        await anna.sees("are you there?", "queued, sent once connected")
        await anna.press(*"next")
        await anna.sees("next")


@scene
async def test_a_line_says_how_much_was_missed_in_each_room(tmp_path: Path) -> None:
    async with open_screen(tmp_path, caps=HISTORY) as anna:
        answer_history(anna, "")
        say = "@msgid={0};time=2026-11-22T12:00:{0}.000Z :bob!b@host PRIVMSG #tea :message {0}"
        anna.server.send(say.format(10))
        await anna.sees("message 10")
        anna.server.disconnect()
        anna.server.welcome("anna", caps=HISTORY)
        answer_history(anna, "b", *(f"@batch=b;{say.format(number)[1:]}" for number in (20, 30)))
        answer_history(anna, "c")
        screen = await anna.sees("message 30", "2 messages arrived while you")
        order = ["message 10", "2 messages arrived", "message 20", "message 30"]
        assert sorted(order, key=screen.index) == order


def answer_history(anna: ScreenUser, batch: str, *lines: str) -> None:
    """Answer the next request of history with a page."""
    anna.receives("CHATHISTORY *")
    batch = batch or "empty"
    anna.server.send(f":srv BATCH +{batch} chathistory #tea", *lines, f":srv BATCH -{batch}")


@scene
async def test_the_attempts_of_a_long_outage_do_not_fill_the_room(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        for _ in range(5):
            anna.app.session.driver.post(
                lambda: anna.app.session.driver.show(
                    PhaseChanged(Phase.RECONNECTING, "Connection refused.", 60.0)
                )
            )
        screen = await anna.sees("reconnecting in 60 s: Connection refused.")
        assert screen.count("Connection refused.") == 1


@scene
async def test_a_defect_of_the_drivers_thread_is_logged_too(tmp_path: Path) -> None:
    async with open_screen(tmp_path) as anna:
        anna.app.session.driver.post(fail)
        screen = await anna.sees("internal error (Broken at")
        assert "CHAT_TRACEBACK" not in screen
        assert "Broken" in (tmp_path / "errors.log").read_text(encoding="utf-8")


@scene
async def test_warnings_about_settings_are_shown_before_and_after_the_first_room(tmp_path: Path) -> None:
    options = ScreenOptions(warnings=("Warning: prot is unknown.",), keys={"nothing": "f9"})
    async with open_unconnected_screen(tmp_path, options=options) as anna:
        await anna.sees("Warning: prot is unknown.", "there is no action 'nothing'")
        anna.server.welcome("anna", "#tea", CAPABILITIES)
        await anna.sees("connected", "#tea", "Warning: prot is unknown.", "there is no action 'nothing'")


class FailingApp(ResilientApp):
    """An application that cannot be shown."""

    def compose(self) -> ComposeResult:
        raise RuntimeError("a secret")


def test_a_defect_before_the_first_frame_prints_no_traceback(capfd: pytest.CaptureFixture[str]) -> None:
    app = FailingApp(ErrorLog(None), Clock())
    app.run(headless=True)
    assert str(app.startup_error) == "a secret"
    assert "a secret" not in "".join(capfd.readouterr())
