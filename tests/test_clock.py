"""Instants and their text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.clock import from_iso, to_iso


@given(st.integers(-2_208_988_800_000, 253_402_300_799_999))
def test_timestamp_is_read_as_it_was_written(instant: int) -> None:
    assert from_iso(to_iso(instant)) == instant


@pytest.mark.parametrize(
    "text",
    ["", "Z", "2026-07-15Z", "2026-07-15T10:00:00", "2026-07-15T10:00:00+02:00Z", "2026-07-15T10:00:00ZZ"],
)
def test_timestamp_that_is_not_utc_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"UTC|zones|Invalid"):
        from_iso(text)
