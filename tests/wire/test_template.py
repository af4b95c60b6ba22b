"""Line templates: rendering with a nick."""

from hypothesis import given
from hypothesis import strategies as st

from app.wire.template import NICK, LineTemplate

texts = st.text("ab :", max_size=5)
lines = st.lists(st.lists(texts, min_size=1, max_size=3).map(NICK.join), min_size=1, max_size=4)


@given(lines, st.text("xyz", min_size=1))
def test_rendering_replaces_every_placeholder_by_the_nick(template: list[str], nick: str) -> None:
    assert LineTemplate(template).render(nick).split("\r\n") == [
        line.replace(NICK, nick) for line in template
    ]
