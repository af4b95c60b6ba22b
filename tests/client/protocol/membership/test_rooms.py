"""Rooms: members, topics, modes, and replies of the server."""

from app.client.protocol import intents
from app.client.protocol.events import AwayReceived
from tests.client.harness import ClientHarness, online_client
from tests.client.served import ServedClient
from tests.engine.harness import EngineHarness


def test_joins_parts_quits_and_nick_changes_are_shown() -> None:
    client = online_client()
    client.play("""
        < @time=2026-11-22T12:00:05.123Z :lev!~l@h JOIN #tea lev :Lev
        | [2026-11-22 12:00:05] lev joined #tea
        < @time=2026-11-22T12:00:06.000Z :lev!~l@h NICK leo
        | [2026-11-22 12:00:06] lev is now known as leo
        < @time=2026-11-22T12:00:07.000Z :leo!~l@h PART #tea :bye
        | [2026-11-22 12:00:07] leo left #tea (bye)
        < @time=2026-11-22T12:00:08.000Z :bob!~b@h QUIT :Gone
        | [2026-11-22 12:00:08] bob quit (Gone)
    """)
    assert [member.nick for member in client.state.rooms["#tea"].members.values()] == ["anna"]


def test_topics_are_shown() -> None:
    online_client().play("""
        < :srv 332 anna #tea :Which tea?
        | Topic of #tea: Which tea?
        < :srv 333 anna #tea bob 1795348805
        < @time=2026-11-22T12:00:08.000Z :bob!~b@h TOPIC #tea :Green tea
        | [2026-11-22 12:00:08] bob set the topic of #tea: Green tea
    """)


def test_status_prefixes_follow_modes() -> None:
    client = online_client(isupport="CHANMODES=beI,k,l,imnst")
    client.receive(":bob!~b@h MODE #tea +klo-o+v secret 9 anna bob bob")
    members = client.state.rooms["#tea"].members
    assert (members["anna"].prefix, members["bob"].prefix) == ("@", "+")


def test_requested_names_are_shown() -> None:
    client = online_client()
    client.execute(intents.request_names, "#tea")
    client.play("""
        > NAMES #tea
        < :srv 353 anna = #tea :anna @bob
        < :srv 366 anna #tea :End
        | 2 members of #tea: @bob, anna
    """)


def test_refused_join_shows_the_reason_and_is_not_retried() -> None:
    client = online_client()
    client.execute(intents.join, "#vip")
    client.play("""
        > JOIN #vip
        < :srv 473 anna #vip :Cannot join channel (+i)
        | ! Cannot join #vip: Cannot join channel (+i)
    """)
    assert not client.state.rooms["#vip"].must_rejoin


def test_being_kicked_is_shown() -> None:
    client = online_client()
    client.play("""
        < :bob!~b@h KICK #tea anna :too loud
        | ! bob kicked you from #tea (too loud)
    """)
    assert not client.state.rooms["#tea"].is_joined


def test_lists_are_shown_as_tables() -> None:
    online_client().play("""
        < :srv 321 anna Channel :Users
        < :srv 322 anna #tea 2 :Which tea?
        < :srv 322 anna #coffee 12 :
        < :srv 323 anna :End
        | Rooms (name, members, topic): 2
        |   #tea     2   Which tea?
        |   #coffee  12
        < :srv 352 anna #tea ~b host srv bob H@ :0 Bob B
        < :srv 315 anna #tea :End
        | Users in #tea: 1
        |   bob  ~b@host  here @  Bob B
    """)


def test_errors_and_standard_replies_are_shown() -> None:
    online_client().play("""
        < :srv 482 anna #tea :You're not a channel operator
        | ! You are not an operator of #tea.
        < :srv NOTE * HINT :Tea is ready.
        | Tea is ready.
        < :srv NOTICE anna :Restart at noon
        | Restart at noon
        < :srv FAIL NICK BAD :No.
        | ! No.
        < ERROR :Closing
        | ! Disconnected by the server: Closing
    """)


def test_ping_is_answered() -> None:
    ClientHarness().play("""
        < PING :a b
        > PONG :a b
    """)


def test_malformed_lines_are_survived() -> None:
    client = online_client()
    for verb in (
        "JOIN",
        "PART",
        "KICK",
        "MODE",
        "PRIVMSG",
        "NICK",
        "CAP",
        "BATCH",
        "353",
        "366",
        "001",
        "005",
    ):
        client.receive(verb, f":x {verb} :", f"@batch=none {verb} a b c", "")
    for verb in (
        "AUTHENTICATE",
        "900",
        "903",
        "433",
        "TOPIC",
        "332",
        "322",
        "FAIL",
        "INVITE",
        "AWAY",
        "PONG",
    ):
        client.receive(verb, f":x {verb} :", f":x {verb} \u00e4 b c")


def test_invitations_and_away_changes_are_shown() -> None:
    online_client().play("""
        < :bob!~b@h INVITE anna #vip
        | [2026-11-22 12:00:05] bob invited you to #vip. Use /join #vip to join it.
        < :bob!~b@h AWAY :lunch
        | [2026-11-22 12:00:05] bob is away: lunch
        < :bob!~b@h AWAY
        | [2026-11-22 12:00:05] bob is back
    """)


def test_replies_to_list_and_who_may_overlap() -> None:
    client = online_client()
    client.play("""
        < :srv 322 anna #tea 2 :Green tea
        < :srv 352 anna #tea ~b host srv bob H@ :0 Bob
        < :srv 323 anna :End of LIST
        | Rooms (name, members, topic): 1
        |   #tea  2  Green tea
        < :srv 315 anna #tea :End of WHO
        | Users in #tea: 1
        |   bob  ~b@host  here @  Bob
    """)


def _away(client: ClientHarness) -> set[str]:
    return {member.nick for member in client.state.rooms["#tea"].members.values() if member.is_away}


def test_away_states_follow_the_notifications() -> None:
    client = online_client()
    client.receive(":bob!b@h AWAY :lunch", ":srv 306 anna :You are away", ":bob!b@h NICK rob")
    assert _away(client) == {"anna", "rob"}
    client.receive(":srv 353 anna = #tea :anna @rob", ":srv 366 anna #tea :End")
    assert _away(client) == {"anna", "rob"}
    client.receive(":rob!b@h AWAY", ":srv 305 anna :You are back")
    assert _away(client) == set()
    client.receive(":srv 301 anna rob :gone home")
    assert _away(client) == {"rob"}


def test_away_states_are_requested_once_without_showing_a_table() -> None:
    client = online_client(isupport="WHOX")
    client.execute(intents.request_away, "#tea")
    client.execute(intents.request_away, "#tea")
    client.play("""
        > WHO #tea %tcnf,742
        < :srv 354 anna 742 #tea anna H
        < :srv 354 anna 742 #tea bob G@
        < :srv 354 anna 742 #tea stranger G
        < :srv 354 anna 1 #tea anna G
        | 1 #tea anna G
        < :srv 315 anna #tea :End
    """)
    assert client.events[-1] == AwayReceived("#tea")
    assert _away(client) == {"bob"}


def test_away_states_are_requested_from_any_server() -> None:
    client = online_client()
    client.execute(intents.request_away, "#tea")
    client.play("""
        > WHO #tea
        < :srv 352 anna #tea ~b h srv bob G@ :0 Bob
        < :srv 315 anna #tea :End
    """)
    assert _away(client) == {"bob"}
    client.execute(intents.request_who, "#tea")
    client.play("""
        > WHO #tea
        < :srv 352 anna #tea ~b h srv bob H@ :0 Bob
        < :srv 315 anna #tea :End
        | Users in #tea: 1
        |   bob  ~b@h  here @  Bob
    """)
    assert _away(client) == set()


def test_request_of_the_user_is_shown_beside_our_own() -> None:
    client = online_client(isupport="WHOX")
    client.execute(intents.request_away, "#tea")
    client.execute(intents.request_who, "#tea")
    client.play("""
        > WHO #tea %tcnf,742
        > WHO #tea
        < :srv 354 anna 742 #tea bob G@
        < :srv 315 anna #tea :End
        < :srv 352 anna #tea ~b h srv bob G@ :0 Bob
        < :srv 315 anna #tea :End
        | Users in #tea: 1
        |   bob  ~b@h  away @  Bob
    """)


def test_refused_request_for_away_states_can_be_repeated() -> None:
    client = online_client()
    client.execute(intents.request_away, "#tea")
    client.play("""
        > WHO #tea
        < :srv 263 anna WHO :Please wait a while and try again.
        < :srv 263 anna LIST :Please wait a while and try again.
        | LIST Please wait a while and try again.
    """)
    client.execute(intents.request_away, "#tea")
    client.play("> WHO #tea")


def test_away_states_are_not_requested_where_they_cost_too_much() -> None:
    large, unnotified, elsewhere = online_client(), online_client(caps="batch"), online_client()
    names = " ".join(f"guest{number}" for number in range(201))
    large.receive(f":srv 353 anna = #tea :{names}", ":srv 366 anna #tea :End")
    large.execute(intents.request_away, "#tea")
    unnotified.execute(intents.request_away, "#tea")
    elsewhere.execute(intents.request_away, "#elsewhere")
    assert [*large.sent, *unnotified.sent, *elsewhere.sent] == []


def test_away_states_of_the_server_are_understood(bench: EngineHarness) -> None:
    for nick in ("bob", "carol"):
        bench.connect(nick).send("JOIN #tea")
    bench.people["bob"].send("AWAY :lunch")
    anna = ServedClient(bench)
    anna.connect()
    anna.client.execute(intents.request_away, "#tea")
    anna.settle()
    assert _away(anna.client) == {"bob"}
    bench.people["carol"].send("AWAY :tea")
    anna.settle()
    assert _away(anna.client) == {"bob", "carol"}
    assert not any("Users in" in line for line in anna.client.shown)
