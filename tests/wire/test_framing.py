"""Framing: lines do not depend on how the stream is split, and any bytes have a defined result."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.text.graphemes import truncate
from app.wire.framing import (
    MAX_LINE_BYTES,
    Frame,
    Framer,
    FramingError,
    OversizedLine,
    UndecodableLine,
    space_after,
    truncate_line,
)

streams = st.lists(
    st.sampled_from(
        [b"PING 1", "PRIVMSG #чай :да".encode(), b"\r\n", b"\n", b"\r", b"\0", b" ", b"@a=b ", b"\xff"]
    )
    | st.binary(max_size=8)
).map(b"".join)


def frames(data: bytes, size: int | None = None) -> list[Frame]:
    """Return the frames of the data, fed in pieces of `size` bytes or all at once."""
    framer = Framer(line_bytes=64, tag_bytes=64)
    step = size or len(data) or 1
    return [frame for at in range(0, len(data), step) for frame in framer.feed(data[at : at + step])]


@given(streams, st.integers(1, 40))
@example("PRIVMSG #чай :да\r\n".encode(), 1)
def test_lines_do_not_depend_on_how_the_stream_is_split(data: bytes, size: int) -> None:
    assert frames(data, size) == frames(data, 1) == frames(data)


@given(streams)
def test_no_line_is_blank_or_contains_a_line_end(data: bytes) -> None:
    for frame in frames(data):
        if isinstance(frame, str):
            assert frame.strip(" ")
            assert not set(frame) & set("\r\n\0")


@given(
    st.text(
        st.characters(blacklist_characters="\r\n\0@ ", blacklist_categories=["Cs"]), min_size=1, max_size=15
    )
)
@example("a\x0bb\x0cc\x1cd\x85e\u2028f\u2029g")
def test_only_a_newline_ends_a_line(text: str) -> None:
    assert frames(text.encode() + b"\n") == [text]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r\r\n"])
def test_carriage_returns_before_the_newline_are_dropped(end: bytes) -> None:
    assert frames(b"PING 1" + end + b"PING 2" + end) == ["PING 1", "PING 2"]


def test_unfinished_line_is_buffered() -> None:
    framer = Framer()
    assert framer.feed(b"PI") == []
    assert framer.feed(b"NG 1\r") == []
    assert framer.feed(b"\n") == ["PING 1"]


def test_line_may_have_512_bytes_and_no_more() -> None:
    framer = Framer()
    assert framer.feed(b"x" * 510 + b"\r\n") == ["x" * 510]
    assert framer.feed(b"x" * 511 + b"\r\nPING 1\r\n") == [
        OversizedLine("The line is longer than 512 bytes"),
        "PING 1",
    ]


def test_tags_do_not_count_towards_the_line_limit() -> None:
    tags = b"@" + b"t" * 4094 + b" "
    framer = Framer()
    assert framer.feed(tags + b"x" * 510 + b"\r\n") == [(tags + b"x" * 510).decode()]
    assert framer.feed(b"@t" + tags[1:] + b"x\r\n") == [OversizedLine("The tags are longer than 4096 bytes")]


def test_tags_without_a_command_count_as_a_line() -> None:
    assert Framer().feed(b"@" + b"t" * 600 + b"\n") == [OversizedLine("The line is longer than 512 bytes")]


def test_line_that_is_not_utf8_is_marked_undecodable() -> None:
    assert frames(b"PRIVMSG #a :\xffx\r\n") == [UndecodableLine("PRIVMSG #a :\ufffdx")]


@pytest.mark.parametrize("size", [1, 1000, 20_000])
def test_endless_unfinished_line_is_a_framing_error(size: int) -> None:
    framer = Framer()
    data = b"x" * (16 * 1024 + 1)
    with pytest.raises(FramingError):
        [framer.feed(data[at : at + size]) for at in range(0, len(data), size)]


def test_finished_line_of_the_same_length_is_a_framing_error_too() -> None:
    with pytest.raises(FramingError):
        Framer().feed(b"PING 1\n" + b"x" * 20_000 + b"\n")


def test_buffer_holds_the_longest_line_of_a_larger_limit() -> None:
    framer = Framer(line_bytes=20_000, tag_bytes=8_000)
    line = b"@" + b"t" * 7_998 + b" " + b"x" * 19_998
    assert framer.feed(line) == []
    assert framer.feed(b"\r\n") == [line.decode()]


@given(st.text(st.sampled_from("aж語\u0301\U0001f1e9"), max_size=600))
def test_long_line_keeps_its_start_and_is_cut_between_graphemes(text: str) -> None:
    start = ":alice!~a@host TOPIC #tea :"
    kept = truncate_line(start + text).removeprefix(start)
    space = space_after(start)
    assert kept == truncate(text, space)
    assert len(f"{start}{kept}\r\n".encode()) <= MAX_LINE_BYTES


def test_colon_before_combining_marks_stays() -> None:
    start = ":alice!~a@host TOPIC #tea :"
    assert truncate_line(start + "\u0301" * 600).startswith(start + "\u0301")


def test_long_line_without_a_last_parameter_is_truncated() -> None:
    line = ":alice!~a@host MODE #tea " + "x" * 600
    assert truncate_line(line) == line[: MAX_LINE_BYTES - 2]
    assert truncate_line(line + " :text") == line[: MAX_LINE_BYTES - 2]
