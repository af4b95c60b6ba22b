"""Channel modes."""

import pytest

from app.services.administration import audit
from tests.engine.channels.test_rooms import gather, people
from tests.engine.harness import EngineHarness


def test_all_channel_modes_can_be_set_and_removed(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    bench.play(
        """
        alice > MODE #tea +is
        alice < :alice!~alice@127.0.0.1 MODE #tea +is
        alice > MODE #tea
        alice < :irc.example 324 alice #tea +inst
        alice ~ :irc.example 329 alice #tea *
        alice > MODE #tea -inst
        alice < :alice!~alice@127.0.0.1 MODE #tea -inst
        alice > MODE #tea
        alice < :irc.example 324 alice #tea +
        alice ~ :irc.example 329 alice #tea *
        alice > MODE #tea -i
        alice =
        """
    )


def test_an_operator_can_grant_and_revoke_ops(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    people(bench, "carol")
    bench.play(
        """
        bob > MODE #tea +o bob
        bob ~ :irc.example 482 bob #tea :*
        carol > MODE #tea +o carol
        carol ~ :irc.example 482 carol #tea :*
        alice > MODE #tea +o carol
        alice ~ :irc.example 441 alice carol #tea :*
        alice > MODE #tea +o nobody
        alice ~ :irc.example 401 alice nobody :*
        alice > MODE #unknown +o nobody
        alice ~ :irc.example 403 alice #unknown :*
        alice > MODE #tea +o BOB
        alice < :alice!~alice@127.0.0.1 MODE #tea +o bob
        alice =
        bob < :alice!~alice@127.0.0.1 MODE #tea +o bob
        bob =
        """
    )


@pytest.mark.parametrize("key", [":", ": ", ":two words", "x" * 400])
def test_invalid_keys_are_refused(bench: EngineHarness, key: str) -> None:
    gather(bench, "#tea", "alice")
    bench.play(
        f"""
        alice > MODE #tea +k {key}
        alice ~ :irc.example 696 alice #tea k \\* :*
        alice =
        """.replace("\\*", "*")
    )


@pytest.mark.parametrize("limit", ["0", "-1", "abc", ":"])
def test_invalid_limits_are_refused(bench: EngineHarness, limit: str) -> None:
    gather(bench, "#tea", "alice")
    shown = limit if limit != ":" else "*"
    bench.play(
        f"""
        alice > MODE #tea +l {limit}
        alice ~ :irc.example 696 alice #tea l {shown} :*
        alice > MODE #tea
        alice < :irc.example 324 alice #tea +nt
        """
    )


def test_a_full_room_accepts_members_again_after_a_part(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    people(bench, "carol", "dave")
    bench.play(
        """
        alice > MODE #tea +l 1
        alice < :alice!~alice@127.0.0.1 MODE #tea +l 1
        carol > JOIN #tea
        carol ~ :irc.example 471 carol #tea :*
        carol =
        alice > MODE #tea +l 2
        bob > PART #tea
        carol > JOIN #tea
        carol < :carol!~carol@127.0.0.1 JOIN #tea
        alice > INVITE dave #tea
        dave .
        dave > JOIN #tea
        dave < :dave!~dave@127.0.0.1 JOIN #tea
        alice .
        alice > MODE #tea -l
        alice < :alice!~alice@127.0.0.1 MODE #tea -l
        """
    )


def test_bans_and_exceptions_can_be_set_and_listed(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    people(bench, "carol")
    bench.play(
        """
        alice > MODE #tea +b CAROL
        alice < :alice!~alice@127.0.0.1 MODE #tea +b CAROL!*@*
        bob .
        carol > JOIN #tea
        carol ~ :irc.example 474 carol #tea :*
        bob > MODE #tea b
        bob ~ :irc.example 367 bob #tea CAROL!*@* alice!~alice@127.0.0.1 *
        bob ~ :irc.example 368 bob #tea :*
        alice > MODE #tea +e *!~carol@*
        alice .
        bob .
        carol > JOIN #tea
        carol < :carol!~carol@127.0.0.1 JOIN #tea
        alice > MODE #tea -b carol!*@*
        """
    )
    assert ":alice!~alice@127.0.0.1 MODE #tea -b CAROL!*@*" in bench.people["alice"].heard()


def test_banned_members_cannot_speak(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > MODE #tea +b bob!*@*
        alice .
        bob .
        bob > PRIVMSG #tea :psst
        bob ~ :irc.example 404 bob #tea :*
        alice =
        alice > MODE #tea +v bob
        alice .
        bob .
        bob > PRIVMSG #tea :psst
        alice < :bob!~bob@127.0.0.1 PRIVMSG #tea :psst
        """
    )


def test_an_invite_exception_allows_joining(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    people(bench, "bar")
    bench.play(
        """
        alice > MODE #tea +I bar!*@*
        alice < :alice!~alice@127.0.0.1 MODE #tea +I bar!*@*
        alice > MODE #tea +i
        alice < :alice!~alice@127.0.0.1 MODE #tea +i
        alice > MODE #tea I
        alice ~ :irc.example 346 alice #tea bar!*@* alice!~alice@127.0.0.1 *
        alice ~ :irc.example 347 alice #tea :*
        bar > JOIN #tea
        bar < :bar!~bar@127.0.0.1 JOIN #tea
        """
    )


def test_in_a_moderated_room_only_voiced_users_speak(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > MODE #tea +m
        alice .
        bob .
        bob > PRIVMSG #tea :hello
        bob ~ :irc.example 404 bob #tea :*
        bob > NOTICE #tea :hello
        bob =
        alice =
        alice > MODE #tea +v bob
        alice .
        bob .
        bob > PRIVMSG #tea :hello
        bob =
        alice < :bob!~bob@127.0.0.1 PRIVMSG #tea :hello
        """
    )


def test_mode_n_blocks_messages_from_outside(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    people(bench, "bob")
    bench.play(
        """
        bob > PRIVMSG #tea :hello
        bob ~ :irc.example 404 bob #tea :*
        alice =
        alice > MODE #tea -n
        alice < :alice!~alice@127.0.0.1 MODE #tea -n
        bob > PRIVMSG #tea :hello
        alice < :bob!~bob@127.0.0.1 PRIVMSG #tea :hello
        """
    )


def test_a_no_ctcp_room_still_allows_actions(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > MODE #tea +C
        alice .
        bob .
        bob > PRIVMSG #tea :\x01PING 1\x01
        bob ~ :irc.example 404 bob #tea :*
        bob > PRIVMSG #tea :\x01ACTION waves\x01
        alice < :bob!~bob@127.0.0.1 PRIVMSG #tea :\x01ACTION waves\x01
        """
    )


def test_unknown_modes_and_foreign_user_modes_are_refused(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > MODE #tea +Z
        alice ~ :irc.example 472 alice Z :*
        alice > MODE bob +i
        alice ~ :irc.example 502 alice :*
        alice > MODE alice
        alice < :irc.example 221 alice +i
        alice > MODE alice -i
        alice < :alice!~alice@127.0.0.1 MODE alice -i
        alice > MODE alice -i
        alice =
        alice > MODE alice +Q
        alice ~ :irc.example 501 alice :*
        """
    )


def test_many_changes_are_announced_in_one_line(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > MODE #tea +ov-t+k bob bob secret
        alice < :alice!~alice@127.0.0.1 MODE #tea +ov-t+k bob bob secret
        bob < :alice!~alice@127.0.0.1 MODE #tea +ov-t+k bob bob secret
        """
    )


def test_mode_changes_are_audited_without_the_key(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice", "bob")
    bench.play(
        """
        alice > MODE #tea +kb secret bob!*@*
        alice < :alice!~alice@127.0.0.1 MODE #tea +kb secret bob!*@*
        alice > KICK #tea bob :enough
        alice < :alice!~alice@127.0.0.1 KICK #tea bob :enough
        """
    )
    with bench.database.reading() as session:
        found = [
            (one.actor, one.action, one.target, one.detail) for one in audit.find_latest_entries(session, 9)
        ]
    assert found == [
        ("alice", "room.mode", "#tea", {"by": "alice", "modes": "+k * +b bob!*@*"}),
        ("alice", "kick", "bob", {"by": "alice", "room": "#tea", "reason": "enough"}),
    ]
