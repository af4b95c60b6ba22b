"""PRIVMSG, NOTICE and TAGMSG."""

from tests.engine.harness import EngineHarness


def test_a_message_reaches_the_room_but_not_its_author(bench: EngineHarness) -> None:
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


def test_an_echo_carries_the_label_and_msgid(bench: EngineHarness) -> None:
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


def test_messages_without_a_recipient_are_refused(bench: EngineHarness) -> None:
    bench.connect("alice")
    bench.play(
        """
        alice > PRIVMSG nobody :hi
        alice ~ :irc.example 401 alice nobody :*
        alice > PRIVMSG #nowhere :hi
        alice ~ :irc.example 403 alice #nowhere :*
        alice > NOTICE #nowhere :hi
        alice > NOTICE nobody :hi
        alice =
        alice > PRIVMSG nobody :
        alice ~ :irc.example 412 alice :*
        """
    )


def test_a_private_message_and_its_echo(bench: EngineHarness) -> None:
    bench.connect("alice", "message-tags")
    bench.connect("bob", "message-tags", "echo-message", "labeled-response", "batch")
    bench.play("bob > @label=7 PRIVMSG alice :just you")
    (echo,) = bench.people["bob"].hears("PRIVMSG")
    (heard,) = bench.people["alice"].hears("PRIVMSG")
    assert echo.params == heard.params == ["alice", "just you"]
    assert echo.tags["label"] == "7"
    assert echo.tags["msgid"] == heard.tags["msgid"]
    assert "label" not in heard.tags


def test_a_message_to_oneself_is_delivered_and_echoed_once(bench: EngineHarness) -> None:
    bob = bench.connect("bob", "echo-message", "labeled-response", "batch")
    bob.send("@label=7 PRIVMSG bob :note")
    assert bob.heard() == [
        "@label=7 :bob!~bob@127.0.0.1 PRIVMSG bob :note",
        ":bob!~bob@127.0.0.1 PRIVMSG bob :note",
    ]


def test_several_targets_with_a_label_make_a_batch_of_echoes(bench: EngineHarness) -> None:
    for name in ("alice", "carol"):
        bench.connect(name)
    bob = bench.connect("bob", "echo-message", "labeled-response", "batch")
    bob.send("@label=7 PRIVMSG alice,carol :both")
    start, first, second, end = bob.heard()
    assert start.startswith("@label=7 :irc.example BATCH +")
    assert first.endswith("PRIVMSG alice :both")
    assert second.endswith("PRIVMSG carol :both")
    assert " BATCH -" in end


def test_tagmsg_reaches_only_clients_with_message_tags(bench: EngineHarness) -> None:
    for name, caps in (("alice", ["message-tags"]), ("bob", []), ("carol", ["message-tags"])):
        bench.connect(name, *caps)
        bench.people[name].send("JOIN #tea")
    bench.play(
        r"""
        alice .
        bob .
        carol .
        carol > @+draft/react=\:) TAGMSG #tea
        bob =
        alice ~ @msgid=*;+draft/react=\:) :carol!~carol@127.0.0.1 TAGMSG #tea
        carol =
        bob > TAGMSG #tea
        alice =
        """
    )


def test_only_well_formed_client_tags_are_relayed(bench: EngineHarness) -> None:
    """Letters, digits and hyphens after the `+`, and no empty value (message-tags)."""
    for name in ("alice", "bob"):
        bench.connect(name, "message-tags")
        bench.people[name].send("JOIN #tea")
    bench.play(
        """
        alice .
        bob .
        bob > @+;+a!b=c;+x/=y;+/k=1;+a/b/c=2;+ö;reply=x;+q=;+ex.example/a-1=1 PRIVMSG #tea :hi
        alice ~ @msgid=*;+q;+ex.example/a-1=1 :bob!~bob@127.0.0.1 PRIVMSG #tea :hi
        bob > @+a!b=c TAGMSG #tea
        alice =
        """
    )


def test_text_that_does_not_fit_a_relayed_line_is_refused(bench: EngineHarness) -> None:
    bench.connect("alice")
    bench.connect("bob")
    overhead = len(":bob!~bob@127.0.0.1 PRIVMSG alice :\r\n")
    fits = "x" * (512 - overhead)
    bench.play(
        f"""
        bob > PRIVMSG alice :{fits}
        bob =
        alice < :bob!~bob@127.0.0.1 PRIVMSG alice :{fits}
        bob > PRIVMSG alice :{fits}x
        bob ~ :irc.example 417 bob :*
        alice =
        """
    )


def test_statusmsg_reaches_only_operators(bench: EngineHarness) -> None:
    for name in ("alice", "bob", "carol"):
        bench.connect(name)
        bench.people[name].send("JOIN #tea")
    bench.play(
        """
        alice .
        bob .
        carol .
        carol > PRIVMSG @#tea :help
        alice < :carol!~carol@127.0.0.1 PRIVMSG @#tea :help
        bob =
        carol =
        """
    )


def test_overlong_and_invalid_utf8_lines_are_refused(bench: EngineHarness) -> None:
    bob = bench.connect("bob", "labeled-response", "batch")
    bob.send("PRIVMSG bob :" + "x" * 600)
    assert " 417 bob :" in bob.heard()[0]
    bob.send_bytes(b"@label=3 PRIVMSG bob :caf\xe9\r\n")
    assert bob.heard() == [
        "@label=3 :irc.example FAIL PRIVMSG INVALID_UTF8 :The line was ignored: it is not valid UTF-8"
    ]
