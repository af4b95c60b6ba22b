"""The server answers every command whose number or time is invalid."""

import logging
from collections.abc import Iterator

import pytest

from app.commands.registry import Command
from tests.engine.attacks.test_fuzz import check_form
from tests.engine.attacks.test_middle_parameters import ROOMS, moderator
from tests.engine.command_lines import lines_with
from tests.engine.harness import EngineHarness
from tests.engine.invariants import check_world
from tests.nasty_numbers import NASTY_NUMBERS, NASTY_TIMES
from tests.test_docs_commands import entries

WORDS = {
    **{name: text[:300] for name, text in {**NASTY_NUMBERS, **NASTY_TIMES}.items() if text},
    "zero": "0",
    "the largest 64-bit integer": str(2**63 - 1),
    "one more": str(2**63),
    "thirty digits": "1" + "0" * 30,
    "a message id of forty digits": "msgid=" + "z" * 40,
    "a message id with a superscript": "msgid=²",
    "the year 10000": "timestamp=10000-01-01T00:00:00.000Z",
    "the year 1": "timestamp=0001-01-01T00:00:00.000Z",
    "a time zone": "timestamp=0001-01-01T00:00:00+23:59Z",
}
CHANGES = ("+l", "+W", "+k")


@pytest.fixture(autouse=True)
def _no_errors(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail if the server logs an error, as it does for an unexpected exception."""
    yield
    assert [one.getMessage() for one in caplog.get_records("call") if one.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("command", list(entries()), ids=lambda command: command.name.replace(" ", "-"))
def test_every_command_answers_an_invalid_number(bench: EngineHarness, command: Command) -> None:
    anna = bench.connect("anna", "batch", "draft/chathistory", "draft/event-playback")
    anna.ask("JOIN #tea", "PRIVMSG #tea :hello")
    for number, word in enumerate(WORDS.values()):
        person = moderator(bench, f"bob{number}")
        for change in CHANGES if "modes" in command.syntax else CHANGES[:1]:
            for name, line in lines_with(command, word, modes=change, **ROOMS):
                heard = person.ask(line, "PING fence")
                for one in heard:
                    check_form(one)
                assert person.ear.is_finished or heard[-1].endswith(" PONG irc.example :fence"), (name, line)
        person.hang_up()
    check_world(bench.core.runtime.world)


@pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
def test_an_invalid_duration_sets_no_ban(bench: EngineHarness, word: str) -> None:
    root = moderator(bench, "root")
    assert root.ask(f"KLINE {word} 192.0.2.7 :why", f"KLINE {word} spam!*@* :why")
    assert not [ban for ban in root.ask("STATS k") if " 216 " in ban and "192.0.2.7" in ban]
