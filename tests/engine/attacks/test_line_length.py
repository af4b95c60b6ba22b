"""No line exceeds 512 bytes, whatever its parts are (RFC 1459, section 2.3)."""

import pytest

from app.wire.framing import MAX_LINE_BYTES
from app.wire.line import parse
from tests.engine.harness import EngineHarness, HarnessClient

LONG = "n" * 32  # a nick
FULL = "тя" * 120  # bytes that fill a line


@pytest.fixture
def tea(bench: EngineHarness) -> tuple[HarnessClient, HarnessClient]:
    """An operator with a long nick, and a member with many capabilities."""
    moderator, guest = bench.connect(LONG), bench.connect("guest", "extended-join", "away-notify")
    for person in (moderator, guest):
        person.send("JOIN #tea")
    moderator.heard()
    guest.heard()
    return moderator, guest


@pytest.mark.parametrize(
    "line",
    [
        f"TOPIC #tea :{FULL}",
        f"PART #tea :{FULL}",
        f"QUIT :{FULL}",
        f"AWAY :{FULL}",
        f"KICK #tea guest :{FULL}",
    ],
)
def test_relayed_lines_fit_the_line_limit(tea: tuple[HarnessClient, HarnessClient], line: str) -> None:
    moderator, guest = tea
    moderator.send(line)
    (told,) = guest.heard()
    assert parse(told).command == line.split(" ")[0]
    assert MAX_LINE_BYTES - 2 - 60 < len(told.encode()) <= MAX_LINE_BYTES - 2
    assert FULL.startswith(parse(told).params[-1].removeprefix("Quit: "))
    assert all(len(own.encode()) <= MAX_LINE_BYTES - 2 for own in moderator.heard())


def test_realnames_fit_every_line_that_contains_them(
    bench: EngineHarness, tea: tuple[HarnessClient, HarnessClient]
) -> None:
    _, guest = tea
    talker = bench.dial("talker")
    talker.send(f"NICK {'t' * 32}", f"USER t 0 * :{FULL}", f"JOIN #tea,#{'r' * 60}")
    (told,) = guest.heard()
    assert len(told.encode()) <= MAX_LINE_BYTES - 2
    assert all(len(own.encode()) <= MAX_LINE_BYTES - 2 for own in talker.heard())


def test_replies_fit_the_line_limit(tea: tuple[HarnessClient, HarnessClient]) -> None:
    moderator, _ = tea
    for line in (f"CAP REQ :{'x' * 490}", f"CAP {'x' * 490}", f"PING :{'x' * 500}", f"WHOIS {'x' * 490}"):
        assert all(len(own.encode()) <= MAX_LINE_BYTES - 2 for own in moderator.ask(line))


def test_long_mode_changes_are_split_over_several_lines(
    tea: tuple[HarnessClient, HarnessClient],
) -> None:
    moderator, guest = tea
    masks = [f"{letter * 20}!*@*" for letter in "abcdefghijklmnopqrst"]
    moderator.send(f"MODE #tea +{'b' * 20} {' '.join(mask.removesuffix('!*@*') for mask in masks)}")
    told = [parse(line) for line in guest.heard()]
    assert len(told) == 2
    assert [mask for line in told for mask in line.params[2:]] == masks
    assert all(line.params[1] == "+" + "b" * len(line.params[2:]) for line in told)
    assert all(len(str(line).encode()) <= MAX_LINE_BYTES - 2 for line in told)


def test_the_length_check_uses_the_canonical_room_name(
    bench: EngineHarness,
) -> None:
    owner, caller = bench.connect("owner"), bench.connect("caller")
    owner.send(f"JOIN #{'ẞ' * 62}")
    caller.send(f"JOIN #{'ss' * 62}")
    owner.heard()
    (refusal,) = [line for line in caller.ask(f"PRIVMSG #{'ss' * 62} :{'x' * 340}") if " 417 " in line]
    assert refusal.startswith(":irc.example 417 caller")
    assert owner.heard() == []
