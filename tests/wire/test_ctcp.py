"""What programs answer, and what people read (CTCP)."""

import pytest

from app.wire.ctcp import is_request


@pytest.mark.parametrize("text", ["\x01VERSION\x01", "\x01PING 1", "\x01", "\x01ACTIONS x\x01"])
def test_a_request_begins_with_the_mark(text: str) -> None:
    assert is_request(text)


@pytest.mark.parametrize("text", ["", "VERSION", "a\x01VERSION\x01", "\x01ACTION waves\x01"])
def test_what_people_read_is_none(text: str) -> None:
    assert not is_request(text)
