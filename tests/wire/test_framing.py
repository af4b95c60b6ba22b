"""Framing: whatever the cut, the same lines; whatever the bytes, a defined answer."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.wire.framing import Frame, Framer, Oversized, Undecodable, Unframed, fitting

streams = st.lists(
    st.sampled_from(
        [b"PING 1", "PRIVMSG #чай :да".encode(), b"\r\n", b"\n", b"\r", b"\0", b" ", b"@a=b ", b"\xff"]
    )
    | st.binary(max_size=8)
).map(b"".join)


def frames(data: bytes, size: int | None = None) -> list[Frame]:
    """Feed the data in pieces of `size` bytes, or whole."""
    framer = Framer(line_bytes=64, tag_bytes=64)
    step = size or len(data) or 1
    return [frame for at in range(0, len(data), step) for frame in framer.feed(data[at : at + step])]


@given(streams, st.integers(1, 40))
@example("PRIVMSG #чай :да\r\n".encode(), 1)
def test_any_cut_gives_the_same_lines(data: bytes, size: int) -> None:
    assert frames(data, size) == frames(data, 1) == frames(data)


@given(streams)
def test_no_line_is_blank_or_holds_what_ends_a_line(data: bytes) -> None:
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
def test_the_end_of_a_line_may_be_written_in_several_ways(end: bytes) -> None:
    assert frames(b"PING 1" + end + b"PING 2" + end) == ["PING 1", "PING 2"]


def test_a_line_without_its_end_waits() -> None:
    framer = Framer()
    assert framer.feed(b"PI") == []
    assert framer.feed(b"NG 1\r") == []
    assert framer.feed(b"\n") == ["PING 1"]


def test_a_line_of_512_bytes_passes_and_the_next_byte_is_too_much() -> None:
    framer = Framer()
    assert framer.feed(b"x" * 510 + b"\r\n") == ["x" * 510]
    assert framer.feed(b"x" * 511 + b"\r\nPING 1\r\n") == [Oversized("The line is too long"), "PING 1"]


def test_tags_are_counted_apart_from_the_line() -> None:
    tags = b"@" + b"t" * 4094 + b" "
    framer = Framer()
    assert framer.feed(tags + b"x" * 510 + b"\r\n") == [(tags + b"x" * 510).decode()]
    assert framer.feed(b"@t" + tags[1:] + b"x\r\n") == [
        Oversized("The tags are longer than a client may send")
    ]


def test_tags_alone_are_a_line_like_any_other() -> None:
    assert Framer().feed(b"@" + b"t" * 600 + b"\n") == [Oversized("The line is too long")]


def test_a_line_that_is_not_utf8_is_told_from_one_that_is() -> None:
    assert frames(b"PRIVMSG #a :\xffx\r\n") == [Undecodable("PRIVMSG #a :\ufffdx")]


@pytest.mark.parametrize("size", [1, 1000, 20_000])
def test_a_peer_that_never_ends_its_line_is_given_up(size: int) -> None:
    framer = Framer()
    data = b"x" * (16 * 1024 + 1)
    with pytest.raises(Unframed):
        [framer.feed(data[at : at + size]) for at in range(0, len(data), size)]


def test_a_finished_line_may_not_be_that_long_either() -> None:
    with pytest.raises(Unframed):
        Framer().feed(b"PING 1\n" + b"x" * 20_000 + b"\n")


def test_a_larger_line_limit_leaves_room_for_the_largest_line() -> None:
    framer = Framer(line_bytes=20_000, tag_bytes=8_000)
    line = b"@" + b"t" * 7_998 + b" " + b"x" * 19_998
    assert framer.feed(line) == []
    assert framer.feed(b"\r\n") == [line.decode()]


@given(st.text(max_size=200), st.integers(1, 300))
def test_a_line_that_is_cut_is_its_own_beginning_and_fits(line: str, limit: int) -> None:
    kept = fitting(line, limit)
    assert line.startswith(kept)
    assert len(kept.encode()) <= limit
    assert kept == line or len(line[: len(kept) + 1].encode()) > limit
