"""Conversations: what is said and who hears it."""

from tests.engine.bench import Bench


def test_a_message_reaches_the_room_but_not_its_author(bench: Bench) -> None:
    for name in ("alice", "bob", "carol"):
        bench.connect(name)
    bench.play(
        """
        alice > JOIN #tea
        bob > JOIN #tea
        alice .
        bob .
        bob > PRIVMSG #tea :hi there
        alice < :bob!~bob@127.0.0.1 PRIVMSG #tea :hi there
        alice =
        bob =
        carol =
        """
    )


def test_an_echo_carries_the_label_and_the_same_msgid(bench: Bench) -> None:
    bench.connect("alice", "message-tags", "server-time")
    bench.connect("bob", "message-tags", "echo-message", "labeled-response", "batch")
    bench.play(
        """
        alice > JOIN #tea
        bob > JOIN #tea
        alice .
        bob .
        bob > @label=x1;+draft/reply=q;dropped=1 PRIVMSG #tea :hi
        """
    )
    (echo,) = bench.people["bob"].hears("PRIVMSG")
    (heard,) = bench.people["alice"].hears("PRIVMSG")
    assert echo.tags.keys() == {"label", "msgid", "+draft/reply"}
    assert heard.tags.keys() == {"time", "msgid", "+draft/reply"}
    assert echo.tags["msgid"] == heard.tags["msgid"]
