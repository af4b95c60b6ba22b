"""Text is measured and cut as Textual will draw it."""

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from app.client.screen.message_lines.cells import cell_width, shorten, split_cells, wrap
from app.text.sanitise import clean

PIECES = [
    "👨‍👩‍👧",
    "🇩🇪",
    "👍🏽",
    "❤️",
    "e\u0301",
    "漢字",
    "한",
    "שלום",
    "नमस्ते",
    "क्‍ष",
    "a\u200db",
    " ",
    "word",
    "。",
    "http://example.org/x",
]
TEXTS = st.one_of(
    st.text().map(clean), st.lists(st.sampled_from(PIECES), max_size=30).map("".join).map(clean)
).filter(lambda text: "\n" not in text)


@given(TEXTS)
def test_the_widths_of_graphemes_add_up(text: str) -> None:
    graphemes = split_cells(text)
    assert sum(one.cells for one in graphemes) == cell_len(text) == cell_width(text)
    assert "".join(text[one.start : one.end] for one in graphemes) == text


@given(TEXTS, st.integers(2, 60), st.integers(2, 60))
def test_lines_fit_and_lose_nothing(text: str, first: int, cells: int) -> None:
    lines = list(wrap(text, min(first, cells), cells))
    position = 0
    for number, (start, end) in enumerate(lines):
        assert not text[position:start].strip(" ")
        assert cell_width(text[start:end]) <= (cells if number else min(first, cells))
        position = end
    assert not text[position:].strip(" ")


@given(TEXTS, st.integers(8, 60))
def test_lines_fit_where_code_points_are_drawn_one_by_one(text: str, cells: int) -> None:
    for start, end in wrap(text, cells, cells):
        line = text[start:end]
        fits = sum(grapheme.max_cells for grapheme in split_cells(line)) <= cells
        assert fits or len(split_cells(line)) == 1


@given(TEXTS, st.integers(0, 40))
def test_a_shortened_text_fits(text: str, cells: int) -> None:
    assert cell_width(shorten(text, cells)) <= cells


def test_lines_break_at_words() -> None:
    text = "the kettle is on"
    assert [text[start:end] for start, end in wrap(text, 10, 10)] == ["the kettle", "is on"]


def test_a_long_word_is_broken() -> None:
    text = "see abcdefghijklmnop"
    assert [text[start:end] for start, end in wrap(text, 8, 8)] == ["see", "abcdefgh", "ijklmnop"]


def test_ideographs_are_broken_without_spaces_but_not_before_a_full_stop() -> None:
    text = "hi 漢字漢字。漢字"
    assert [text[start:end] for start, end in wrap(text, 11, 11)] == ["hi 漢字漢", "字。漢字"]
