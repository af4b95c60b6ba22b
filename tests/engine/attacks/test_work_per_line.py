"""What one line makes the engine work is bounded, for every command and every kind of word."""

from collections.abc import Iterator
from cProfile import Profile
from pathlib import Path

import pytest

from app.wire.framing import MAX_CONTENT_BYTES
from tests.engine.command_lines import lines_with
from tests.engine.harness import EngineHarness, HarnessClient
from tests.test_docs_commands import entries

MAX_CALLS = 24_000  # a few milliseconds; compiling a mask of 210 asterisks takes more
CALLS_PER_REPLY_LINE = 300  # more work is charged to the client like lines of the reply
ROOMS = {"channel": "#r1", "channels": "#r1", "target": "#r1", "targets": "#r1"}


@pytest.fixture
def crowded(tmp_path: Path) -> Iterator[EngineHarness]:
    """A server with 60 users in 40 rooms. Registration is closed: it hashes on readers' threads."""
    harness = EngineHarness.fresh(tmp_path / "chat.db", registration="closed")
    for number in range(60):
        person = harness.connect(f"n{number}")
        person.send(*(f"JOIN #r{(number + room) % 40}" for room in range(10)))
    yield harness
    harness.close()


@pytest.mark.parametrize(
    "word",
    [
        pytest.param("*" + "a*" * 210, id="asterisks"),
        pytest.param("?*" * 210, id="question marks"),
        pytest.param(",".join(f"n{number}" for number in range(110)), id="nicks"),
        pytest.param(",".join(f"#r{number}" for number in range(80)), id="rooms"),
        pytest.param(",".join(f"*{number}*a*" for number in range(60)), id="masks"),
        pytest.param("9" * 420, id="digits"),
    ],
)
def test_the_work_for_a_line_is_bounded(crowded: EngineHarness, word: str) -> None:
    for number, command in enumerate(entries()):
        stranger = crowded.connect(f"guest{number}")
        stranger.send("JOIN #r1")
        for change in ("+b", "+gg", "+ooo", "b"):
            for _, line in lines_with(command, word, modes=change, **ROOMS):
                line = line[:MAX_CONTENT_BYTES]
                if not stranger.client.is_closed:
                    assert calls_for(stranger, line) <= MAX_CALLS, line
            if "modes" not in command.syntax:
                break
        stranger.hang_up()


def calls_for(client: HarnessClient, line: str) -> int:
    """Send a line and return the number of calls that were not charged to the client.

    Function calls measure work the same on every machine.
    """
    charged = client.client.reply_lines
    with Profile() as profile:
        client.send(line)
    calls = sum(entry.callcount for entry in profile.getstats())
    return calls - CALLS_PER_REPLY_LINE * (client.client.reply_lines - charged)


def test_queries_refuse_masks_with_many_asterisks(bench: EngineHarness) -> None:
    mask, most = "a*" * 17, "a*" * 16
    bench.connect("anna")
    bench.play(
        f"""
        anna > WHO {mask}
        anna < :irc.example 415 anna {mask} :A mask can contain at most 16 asterisks
        anna > LIST {mask}
        anna < :irc.example 415 anna {mask} :A mask can contain at most 16 asterisks
        anna > VERSION {mask}
        anna < :irc.example 415 anna {mask} :A mask can contain at most 16 asterisks
        anna > WHO {most}
        anna < :irc.example 315 anna {most} :End of WHO list
        """
    )


def test_a_word_list_is_bounded_in_bytes(bench: EngineHarness) -> None:
    anna = bench.connect("anna")
    anna.ask("JOIN #tea")
    refused = [anna.ask(f"MODE #tea +g {number:0190}") for number in range(100)]
    assert sum(any(" 478 " in line for line in lines) for lines in refused) == 100 - 8192 // 190
