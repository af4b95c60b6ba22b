"""What clients can make the server keep in memory stays within the table in the documentation."""

import gc
import re
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from pathlib import Path
from string import ascii_letters, digits

import pytest

from app.engine.limits.rate_limits import MAX_KEYS, RateLimit
from app.engine.world import recent_messages
from app.engine.world.recent_messages import MAX_BYTES
from app.settings import ServerSettings
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness

ARCHITECTURE = Path(__file__).parents[3] / "docs" / "architecture.md"
CAPS = ("message-tags", "batch", "draft/multiline", "draft/metadata-3", "labeled-response")
UNITS = {"KiB": 1024, "MiB": 1024 * 1024}
LINES_PER_READ = 50
MAX_ADDED_BYTES = 384 * UNITS["MiB"]  # by one guest in an hour
TAGS = ";".join(
    "+" + "".join(letters) for letters in islice(product(ascii_letters + digits, repeat=2), 1_000)
)
WIDE = "\N{CYRILLIC SMALL LETTER YA}"  # two bytes in a line and in memory
OTHER = "\N{CYRILLIC SMALL LETTER A}"


@dataclass(frozen=True)
class Row:
    """A row of the table: what is kept, for each of what, and its size in bytes."""

    name: str
    owner: str
    size: int


def rows() -> Iterator[Row]:
    """Yield the rows of the table."""
    table = ARCHITECTURE.read_text(encoding="utf-8").partition("### Memory\n")[2].partition("\n#")[0]
    for line in table.splitlines():
        found = re.fullmatch(r"\| ([^|]+) \| (\w+) \| [^|]* \| ([\d,]+) (\w+) \|", line)
        if found:
            name, owner, number, unit = found.groups()
            yield Row(name, owner, int(number.replace(",", "")) * UNITS[unit])


ROWS = {row.name: row for row in rows()}
FILLED = {  # the lines with which a guest in #tea fills each of them
    "monitored nicks": [f"MONITOR + {WIDE * 28}{number}" for number in range(150)],
    "read markers": [
        f"MARKREAD {WIDE * 120}{number} timestamp=2026-11-22T12:00:05.123Z" for number in range(1_100)
    ],
    "metadata of a user": [f"METADATA * SET {'k' * 44}{number} :{WIDE * 150}" for number in range(60)],
    "metadata of a room": [f"METADATA #tea SET {'k' * 44}{number} :{WIDE * 140}" for number in range(60)],
    "metadata subscriptions": [f"METADATA * SUB {'k' * 44}{number}" for number in range(60)],
    "away message": [f"AWAY :{WIDE * 240}"],
    "topic": [f"TOPIC #tea :{WIDE * 240}"],
    "open multiline batch": [
        f"@{TAGS} BATCH +x draft/multiline #tea",
        *(f"@batch=x PRIVMSG #tea :{WIDE * 60}" for _ in range(33)),
    ],
    "mask lists": [
        f"MODE #tea +{letter} {WIDE * 85}{number}*!*@*" for number in range(110) for letter in "beI"
    ],
    "word list": [f"MODE #tea +g {WIDE * 30}{number}" for number in range(110)],
}


def measure(act: Callable[[], object]) -> int:
    """Return the bytes that an action leaves allocated."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        act()
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()


def fill(bench: EngineHarness, name: str, lines: list[str]) -> None:
    """Let a client send lines, and discard the replies."""
    for start in range(0, len(lines), LINES_PER_READ):
        bench.people[name].ask(*lines[start : start + LINES_PER_READ])


def use_lists(bench: EngineHarness) -> None:
    """Let a newcomer join and speak, for which the lists of the room are compiled."""
    bench.people["bob"].ask("JOIN #tea", "PRIVMSG #tea :hi", "PART #tea")


def test_the_table_is_complete() -> None:
    assert {row.name for row in ROWS.values() if row.owner != "server"} == set(FILLED)


@pytest.mark.parametrize("name", FILLED)
def test_a_guest_fills_no_more_than_the_table_says(bench: EngineHarness, name: str) -> None:
    for nick in ("guest", "carol", "bob"):
        bench.connect(nick, *CAPS).ask("JOIN #tea" if nick == "guest" else "JOIN #other")
    fill(bench, "carol", [line.replace("#tea", "#other").replace(WIDE, OTHER) for line in FILLED[name]])
    use_lists(bench)  # what is loaded on first use does not count

    def act() -> None:
        fill(bench, "guest", FILLED[name])
        use_lists(bench)

    assert 0 < measure(act) <= ROWS[name].size


def test_recent_messages_fill_no_more_than_their_limit(
    bench: EngineHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is lowered, so that few rooms exceed it: with 64 MiB, this takes a minute."""
    assert ROWS["recent messages"].size == MAX_BYTES
    limit = MAX_BYTES // 16
    monkeypatch.setattr(recent_messages, "MAX_BYTES", limit)
    guest = bench.connect("guest", *CAPS)
    lines = [f"@{TAGS} PRIVMSG #{{}} :x"] * 15  # less than the limit of a room

    def act() -> None:
        for room in range(5):
            guest.ask(f"JOIN #{room}", *(line.format(room) for line in lines))

    assert limit // 4 < measure(act) <= limit


def test_what_a_guest_can_add_in_an_hour_is_bounded() -> None:
    settings = ServerSettings.model_validate({})
    factors = {
        "connection": settings.max_connections_per_address,
        "user": settings.max_connections_per_address,
        "room": settings.max_rooms_per_user,
    }
    added = sum(row.size * factors[row.owner] for row in ROWS.values() if row.owner in factors)
    assert added + MAX_BYTES <= MAX_ADDED_BYTES


def test_long_keys_do_not_fill_a_rate_limit(clock: MovedClock) -> None:
    limit = RateLimit(clock, 100, 60.0)
    key = "\N{CYRILLIC SMALL LETTER YA}" * 18_000

    def act() -> None:
        for number in range(200):
            limit.record(f"{number}{key}")

    assert measure(act) * MAX_KEYS / 200 <= ROWS["keys of a rate limit"].size
    for _ in range(99):
        limit.record(f"1{key}")
    assert limit.delay_seconds(f"1{key}") > 0
