"""A word of a client stays one parameter, wherever it is sent (RFC 1459, section 2.3.1)."""

import re

import pytest

from tests.engine.command_lines import lines_with
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.scenes import user
from tests.test_docs_commands import entries

HEAD = "(?:(?! :).)*"  # before the last parameter
ROOMS = {"channel": "#tea", "channels": "#tea", "target": "#tea", "targets": "#tea"}


@pytest.mark.parametrize(
    ("word", "broken"),
    [
        (":zq zq", " zq zq"),  # two parameters
        ("::zq", r" :zq\S*(?: :|$)"),  # the last parameter, without its colon
        (":", "  "),  # no parameter
    ],
)
def test_no_command_breaks_the_lines_that_it_causes(bench: EngineHarness, word: str, broken: str) -> None:
    anna = bench.connect("anna")
    anna.send("JOIN #tea")
    for number, command in enumerate(entries()):
        person = moderator(bench, f"bob{number}")
        for change in ("+b", "+e", "+I", "+g", "+k", "+l", "+W", "+o"):
            for name, line in lines_with(command, word, modes=change, **ROOMS):
                if " :" not in line.partition(word)[2] and line.endswith(word):
                    anna.heard()
                    heard = [*person.ask(line), *anna.heard()]
                    assert [one for one in heard if re.match(HEAD + broken, one)] == [], (name, line)
            if "modes" not in command.syntax:
                break
        person.hang_up()


def moderator(bench: EngineHarness, nick: str) -> HarnessClient:
    """Connect an administrator who is an operator of the room."""
    person = bench.connect(nick)
    user(bench, nick).operator = True
    person.ask("JOIN #tea", f"SAMODE #tea +o {nick}")
    return person
