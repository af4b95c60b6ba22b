"""Who is where, and what people say there."""

from app.client.protocol import intents
from tests.client.harness import ClientHarness, online


def test_joins_parts_quits_and_nick_changes_are_shown() -> None:
    bench = online()
    bench.play("""
        < @time=2026-11-22T12:00:05.123Z :lev!~l@h JOIN #tea lev :Lev
        | [2026-11-22 12:00:05] lev joined #tea
        < @time=2026-11-22T12:00:06.000Z :lev!~l@h NICK leo
        | [2026-11-22 12:00:06] lev is now known as leo
        < @time=2026-11-22T12:00:07.000Z :leo!~l@h PART #tea :bye
        | [2026-11-22 12:00:07] leo left #tea (bye)
        < @time=2026-11-22T12:00:08.000Z :bob!~b@h QUIT :Gone
        | [2026-11-22 12:00:08] bob quit (Gone)
    """)
    assert [member.nick for member in bench.state.rooms["#tea"].members.values()] == ["anna"]


def test_topics_are_shown() -> None:
    online().play("""
        < :srv 332 anna #tea :Which tea?
        | Topic of #tea: Which tea?
        < :srv 333 anna #tea bob 1795348805
        < @time=2026-11-22T12:00:08.000Z :bob!~b@h TOPIC #tea :Green tea
        | [2026-11-22 12:00:08] bob set the topic of #tea: Green tea
    """)


def test_status_prefixes_follow_modes() -> None:
    bench = online(isupport="CHANMODES=beI,k,l,imnst")
    bench.hears(":bob!~b@h MODE #tea +klo-o+v secret 9 anna bob bob")
    members = bench.state.rooms["#tea"].members
    assert (members["anna"].prefix, members["bob"].prefix) == ("@", "+")


def test_requested_names_are_shown() -> None:
    bench = online()
    bench.does(intents.request_names(bench.state, "#tea"))
    bench.play("""
        > NAMES #tea
        < :srv 353 anna = #tea :anna @bob
        < :srv 366 anna #tea :End
        | 2 members of #tea: @bob, anna
    """)


def test_refused_join_shows_the_reason_and_is_not_retried() -> None:
    bench = online()
    bench.does(intents.join(bench.state, "#vip"))
    bench.play("""
        > JOIN #vip
        < :srv 473 anna #vip :Only who was invited may enter.
        | ! Cannot join #vip: Only who was invited may enter.
    """)
    assert not bench.state.rooms["#vip"].must_rejoin


def test_being_kicked_is_shown() -> None:
    bench = online()
    bench.play("""
        < :bob!~b@h KICK #tea anna :too loud
        | ! bob kicked you from #tea (too loud)
    """)
    assert not bench.state.rooms["#tea"].is_joined


def test_lists_are_shown_as_tables() -> None:
    online().play("""
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
    online().play("""
        < :srv 482 anna #tea :You're not a channel operator
        | ! #tea — You're not a channel operator
        < :srv NOTE * HINT :Tea is ready.
        | Tea is ready.
        < :srv NOTICE anna :Restart at noon
        | Restart at noon
        < :srv FAIL NICK BAD :No.
        | ! No.
        < ERROR :Closing
        | ! The server is closing the connection: Closing
    """)


def test_ping_is_answered() -> None:
    ClientHarness().play("""
        < PING :a b
        > PONG :a b
    """)


def test_malformed_lines_are_survived() -> None:
    bench = online()
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
        bench.hears(verb, f":x {verb} :", f"@batch=none {verb} a b c", "")
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
        bench.hears(verb, f":x {verb} :", f":x {verb} \u00e4 b c")


def test_invitations_and_away_changes_are_shown() -> None:
    online().play("""
        < :bob!~b@h INVITE anna #vip
        | [2026-11-22 12:00:05] bob invited you to #vip. Use /join #vip to join it.
        < :bob!~b@h AWAY :lunch
        | [2026-11-22 12:00:05] bob is away: lunch
        < :bob!~b@h AWAY
        | [2026-11-22 12:00:05] bob is back
    """)
