"""The clipboard (OSC 52)."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.client.terminal.clipboard import MAX_COPIED_BYTES, encode_copy
from app.client.terminal.passthrough import Multiplexer
from app.errors import UsageError
from app.text.sanitise import clean_lines


@given(text=st.text(max_size=300))
def test_copied_text_is_the_displayed_one(text: str) -> None:
    sequence = encode_copy(text, Multiplexer.NONE)
    data = sequence.removeprefix("\x1b]52;c;").removesuffix("\a")
    assert base64.b64decode(data, validate=True).decode() == clean_lines(text)


def test_tmux_receives_both_forms_and_screen_short_strings() -> None:
    assert encode_copy("tea", Multiplexer.TMUX) == "\x1b]52;c;dGVh\a\x1bPtmux;\x1b\x1b]52;c;dGVh\a\x1b\\"
    assert encode_copy("tea", Multiplexer.SCREEN) == "\x1bP\x1b]52;c;dGVh\a\x1b\\"
    assert encode_copy("x" * 400, Multiplexer.SCREEN).count("\x1bP") == 3


def test_text_that_terminals_do_not_accept_is_refused() -> None:
    assert len(encode_copy("x" * MAX_COPIED_BYTES, Multiplexer.NONE)) <= 100_000
    with pytest.raises(UsageError) as caught:
        encode_copy("ä" * 40_000, Multiplexer.NONE)
    assert caught.value.sentence == (
        "Nothing was copied: the text has 80,000 bytes, and terminals accept at most 74,994. Select less."
    )
