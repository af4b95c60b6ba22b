"""Bytes of several clients, split anywhere, leave the world consistent with the log."""

import re
from collections.abc import Iterator, Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.commands.registry import Command
from app.commands.table import build_command_table
from app.wire.capabilities import CAPABILITIES
from app.wire.framing import FramingError
from tests.engine.account_clients import PASSWORD, account, enter
from tests.engine.attacks.test_fuzz import TAGS, TEXTS, WORDS, check_form, no_faults
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.invariants import check_world
from tests.engine.storage.test_restart import lasting, members, new_bench, replayed, without_keys

WHO = ("anna", "phone", "bob", "carol", "dora")  # phone is another device of anna's


def phrases(commands: Mapping[str, Command]) -> Iterator[str]:
    """Yield every verb and every subcommand, at any depth."""
    for command in commands.values():
        yield command.name
        yield from phrases(command.subcommands)


PHRASES = st.sampled_from(sorted(set(phrases(build_command_table().by_verb))))
MORE_WORDS = WORDS | st.sampled_from(
    [
        "anna",
        "on",
        "off",
        PASSWORD,
        "NickServ",
        "*playback",
        "HistServ",
        "#TEA",
        "1795000000.5",
        "key",
        "draft/react",
    ]
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A command-like line, sometimes with arbitrary bytes."""
    words = draw(st.lists(MORE_WORDS | TEXTS.filter(lambda text: " " not in text), max_size=4))
    text = draw(st.none() | TEXTS.map(lambda text: ":" + text))
    line = draw(TAGS) + " ".join([draw(PHRASES), *words, *([text] if text is not None else [])])
    noise = draw(
        st.sampled_from([b"", b"", b"", b"\xff", b"\0", b"\r", b"x" * 600, b"@" + b"y" * 5000 + b" "])
    )
    place = draw(st.integers(0, 8))
    raw = line.encode()
    return raw[:place] + noise + raw[place:] + draw(st.sampled_from([b"\r\n", b"\n"]))


@st.composite
def streams(draw: st.DrawFn) -> list[tuple[str, bytes]]:
    """Interleaved byte streams of several clients, split anywhere."""
    said = draw(st.lists(st.tuples(st.sampled_from(WHO), lines() | st.binary(max_size=60)), max_size=20))
    pieces = []
    for name, data in said:
        cut = draw(st.integers(0, len(data)))
        pieces += [(name, data[:cut]), (name, data[cut:])]
    return pieces


def gather(bench: EngineHarness) -> None:
    """Connect clients with all capabilities, with none, as two devices, and one unregistered."""
    account(bench, "anna")
    for name in ("anna", "phone"):
        bench.people[name] = enter(bench, "anna", "anna", *(CAPABILITIES if name == "anna" else ()))
    bench.connect("bob", *(name for name in CAPABILITIES if name != "echo-message"))
    bench.connect("carol")
    bench.dial("dora")
    for name in ("anna", "bob", "carol"):
        bench.people[name].send("JOIN #tea", "JOIN #nowhere,#a")


def hear(person: HarnessClient) -> list[str]:
    """Return the lines a client received; a strict parser accepts each."""
    heard = person.heard()
    for line in heard:
        check_form(line)
    return heard


def hold_to_answers(person: HarnessClient) -> None:
    """Assert that the client still gets replies, unless the connection was closed."""
    if person.ear.is_finished:
        return
    person.send_bytes(b"\r\nPING fence\r\n")
    heard = hear(person)
    assert person.ear.is_finished or any(re.search(r"PONG \S+ :?fence$", line) for line in heard), heard


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(pieces=streams())
def test_the_world_stays_consistent_under_arbitrary_input(
    cheap_hashing: None, pieces: list[tuple[str, bytes]]
) -> None:
    with new_bench() as bench, no_faults():
        gather(bench)
        for name, data in pieces:
            person = bench.people[name]
            if person.ear.is_finished:
                continue
            try:
                person.send_bytes(data)
            except FramingError:  # the reader ends such a connection
                person.hang_up()
                person.ear.finish()
        for person in bench.people.values():
            hold_to_answers(person)
        world = bench.core.runtime.world
        check_world(world)
        bench.people["dora"].hang_up()
        told = replayed(bench)
        assert without_keys(lasting(told)) == without_keys(lasting(world))
        assert members(told) == members(world)
