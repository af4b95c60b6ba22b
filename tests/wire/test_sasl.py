"""SASL chunks: they join to the message, and the last one is recognisable."""

from base64 import b64decode

from hypothesis import given
from hypothesis import strategies as st

from app.wire.sasl import MAX_CHUNK_CHARACTERS, encode_chunks


@given(st.binary(max_size=1000))
def test_chunks_join_to_the_message_and_only_the_last_is_short(message: bytes) -> None:
    *full, last = encode_chunks(message)
    assert [len(chunk) for chunk in full] == [MAX_CHUNK_CHARACTERS] * len(full)
    assert len(last) < MAX_CHUNK_CHARACTERS
    assert b64decode("".join([*full, "" if last == "+" else last])) == message
