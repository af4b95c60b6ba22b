"""CTCP: requests are distinguished from text and actions."""

import pytest

from app.wire.ctcp import is_request


@pytest.mark.parametrize("text", ["\x01VERSION\x01", "\x01PING 1", "\x01", "\x01ACTIONS x\x01"])
def test_request_starts_with_the_delimiter(text: str) -> None:
    assert is_request(text)


@pytest.mark.parametrize("text", ["", "VERSION", "a\x01VERSION\x01", "\x01ACTION waves\x01"])
def test_text_and_actions_are_not_requests(text: str) -> None:
    assert not is_request(text)
