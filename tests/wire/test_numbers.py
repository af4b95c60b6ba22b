"""Whole numbers as they are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wire.numbers import MAX_DIGITS, number


@given(st.integers(min_value=0, max_value=10**MAX_DIGITS - 1))
def test_what_is_written_is_read(value: int) -> None:
    assert number(str(value)) == value


@pytest.mark.parametrize(
    "written", ["", "-1", "+1", "1.5", "0x1", " 1", "1_000", "٣", "²", "9" * (MAX_DIGITS + 1)]
)
def test_what_is_no_number_is_none(written: str) -> None:
    assert number(written) is None
