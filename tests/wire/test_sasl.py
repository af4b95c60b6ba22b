"""SASL on the wire: what is cut into pieces is put together again from them, and its end is known."""

from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from app.wire.sasl import MAX_CHUNK_CHARACTERS, pieces


@given(st.binary(max_size=1000))
def test_only_the_last_piece_is_shorter_and_together_they_are_the_message(message: bytes) -> None:
    *full, last = pieces(message)
    assert [len(piece) for piece in full] == [MAX_CHUNK_CHARACTERS] * len(full)
    assert len(last) < MAX_CHUNK_CHARACTERS
    assert b64decode("".join([*full, "" if last == "+" else last])) == message
