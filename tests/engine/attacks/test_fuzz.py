"""Generated lines and bytes end in a reply or a disconnect, never in an exception."""

import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.commands.table import build_command_table
from app.wire.capabilities import CAPABILITIES
from app.wire.framing import MAX_LINE_BYTES, MAX_SERVER_TAG_BYTES
from tests.engine.harness import EngineHarness, HarnessClient

WORDS = st.sampled_from(
    "alice bob nobody #tea #nowhere @#tea * #a,#b alice,bob +o -o +b +k +l +i +beI +k-k LS LIST REQ END 302 + - 0 1 "
    "99999999999999999999 timestamp=2026-11-22T12:00:00.000Z msgid=1 msgid=zz timestamp=nonsense LATEST BEFORE "
    "AFTER BETWEEN AROUND TARGETS PLAIN SCRAM-SHA-256 AGEAbAA= = ==== %tcuihsnfdlaor,7 o x!y@z *!*@* $* Анна 🙂 "
    "GET SET CLEAR SUB SYNC *ALL color pаypal \x01ACTION\x01".split(" ")
)
TEXTS = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=40)
TAGS = st.sampled_from(
    [
        "",
        "@label=1 ",
        "@+draft/react=x;label=2 ",
        "@+typing=active ",
        "@=;;;= ",
        "@time=x ",
        "@+;+a!b=c;+ü;+x/=y;+q= ",
    ]
)
TAG = re.compile(
    r"\+?([a-zA-Z0-9.-]+/)?[a-zA-Z0-9-]+(=[^\0\r\n; ]+)?"
)  # IRCv3 message-tags; never an empty value
LISTS = ("303", "319", "353")  # whose last parameter is a list of words
VERBS = st.sampled_from(sorted(build_command_table().by_verb)) | st.just("BLAH")


@st.composite
def lines(draw: st.DrawFn) -> str:
    """A command-like line: a known verb, parameters, perhaps a trailing one."""
    words = draw(st.lists(WORDS | TEXTS.filter(lambda text: " " not in text), max_size=4))
    text = draw(st.none() | TEXTS.map(lambda text: ":" + text))
    return draw(TAGS) + " ".join([draw(VERBS), *words, *([text] if text is not None else [])])


@contextmanager
def new_bench() -> Iterator[EngineHarness]:
    with tempfile.TemporaryDirectory() as folder:
        bench = EngineHarness.fresh(Path(folder) / "chat.db")
        yield bench
        bench.close()


def check_form(line: str) -> None:
    """Assert that a strict parser accepts a line."""
    section, _, rest = line[1:].partition(" ") if line.startswith("@") else ("", "", line)
    assert all(map(TAG.fullmatch, section.split(";") if section else ())), line
    assert len(section.encode()) < MAX_SERVER_TAG_BYTES, line
    assert len(rest.encode()) <= MAX_LINE_BYTES - 2, line
    head, _, last = rest.partition(" :")
    assert head.startswith(":") or head == "ERROR", line
    assert all(head.split(" ")), line
    is_list = head.split(" ")[1] in LISTS if head.startswith(":") else False
    assert not (is_list and last) or all(last.split(" ")), line


def fence(person: HarnessClient) -> None:
    """Assert that a PING is answered with well-formed lines, unless the connection was closed."""
    person.send("PING fence")
    heard = person.heard()
    for line in heard:
        check_form(line)
    assert person.ear.is_finished or any("PONG" in line and "fence" in line for line in heard), heard


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(said=st.lists(st.tuples(st.sampled_from(["alice", "bob", "carol"]), lines()), max_size=25))
def test_generated_commands_never_break_the_engine(said: list[tuple[str, str]]) -> None:
    with new_bench() as bench, no_faults():
        bench.connect("alice", *CAPABILITIES)
        bench.connect("bob")
        bench.dial("carol")
        for name, line in said:
            if not bench.people[name].ear.is_finished:
                bench.people[name].send(line)
        for person in bench.people.values():
            fence(person)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.lists(st.binary(max_size=200), max_size=10))
def test_generated_bytes_never_break_the_engine(data: list[bytes]) -> None:
    with new_bench() as bench, no_faults():
        alice = bench.connect("alice")
        for piece in data:
            alice.send_bytes(piece + b"\n")
        fence(alice)


@contextmanager
def no_faults() -> Iterator[None]:
    """Fail the test when the engine logs an exception."""

    class LineTimeout(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            faults.append(record.getMessage())

    faults: list[str] = []
    alarm = LineTimeout(logging.ERROR)
    logging.getLogger("app").addHandler(alarm)
    try:
        yield
    finally:
        logging.getLogger("app").removeHandler(alarm)
    if faults:
        pytest.fail("\n".join(faults))
