"""Forms: lines that are filled in with a nick."""

from hypothesis import given
from hypothesis import strategies as st

from app.wire.template import NICK, Form

texts = st.text("ab :", max_size=5)
lines = st.lists(st.lists(texts, min_size=1, max_size=3).map(NICK.join), min_size=1, max_size=4)


@given(lines, st.text("xyz", min_size=1))
def test_a_form_is_its_lines_with_the_nick_wherever_it_belongs(written: list[str], nick: str) -> None:
    assert Form(written).filled(nick).split("\r\n") == [line.replace(NICK, nick) for line in written]
