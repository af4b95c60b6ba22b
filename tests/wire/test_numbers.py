"""Parsing of whole numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wire.numbers import MAX_DIGITS, parse_number


@given(st.integers(min_value=0, max_value=10**MAX_DIGITS - 1))
def test_formatted_number_parses_to_itself(value: int) -> None:
    assert parse_number(str(value)) == value


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "1.5", "0x1", " 1", "1_000", "٣", "²", "9" * (MAX_DIGITS + 1)]
)
def test_other_text_is_not_a_number(text: str) -> None:
    assert parse_number(text) is None
