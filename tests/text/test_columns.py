"""Terminal columns: alignment and shortening of wide, combined and ordinary characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.text.columns import align, pad, shorten, width

WIDTHS = {
    "tea": 3,
    "чай": 3,
    "日本語": 6,
    "e\u0301": 1,
    "\U0001f1e9\U0001f1ea": 2,
    "\U0001f469\U0001f3fd\u200d\U0001f680": 2,
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f": 2,
    "1\ufe0f\u20e3": 2,
    "\u1100\u1161\u11a8": 2,
    "ｱｲｳ": 3,
}
cells = st.text(st.sampled_from("abж日語한e\u0301😀"), max_size=12)


@pytest.mark.parametrize(("text", "columns"), WIDTHS.items())
def test_width_counts_terminal_columns(text: str, columns: int) -> None:
    assert width(text) == columns
    assert cell_len(text) == columns, "the tables of chat-admin are drawn by rich"


def test_columns_align_below_each_other() -> None:
    assert align([("#tea", "3", "all about tea"), ("#日本", "12", ""), ("#чай", "1", "чёрный")]) == [
        "#tea   3   all about tea",
        "#日本  12",
        "#чай   1   чёрный",
    ]
    assert align([]) == []


@given(st.lists(st.tuples(cells, cells.map("|".__add__)), min_size=1))
def test_second_column_starts_at_the_same_place(rows: list[tuple[str, str]]) -> None:
    assert len({width(line.partition("|")[0]) for line in align(rows)}) == 1


@given(cells, st.integers(0, 30))
def test_padding_fills_the_missing_columns(text: str, columns: int) -> None:
    assert width(pad(text, columns)) == max(width(text), columns)


@given(cells, st.integers(1, 30))
def test_shortened_text_fits_and_shows_that_it_is_cut(text: str, columns: int) -> None:
    shown = shorten(text, columns)
    assert width(shown) <= columns
    assert shown == text or (shown.endswith("…") and text.startswith(shown[:-1]))
    assert (shown == text) == (width(text) <= columns)


def test_text_is_shortened_between_graphemes() -> None:
    assert shorten("日本語", 4) == "日…"
    assert shorten("ab\U0001f1e9\U0001f1eacd", 5) == "ab\U0001f1e9\U0001f1ea…"
    assert shorten("ab\U0001f1e9\U0001f1eacd", 4) == "ab…"
