"""Moderation and the sentences for the server's replies, as transcripts."""

import pytest

from app.client.protocol import intents
from tests.client.harness import CAPABILITIES, online_client

EXTBAN = "EXTBAN=~,am MODES=2"


def test_ban_names_the_account_or_else_the_host() -> None:
    client = online_client(isupport=EXTBAN)
    client.receive(":walt!~w@host.example JOIN #tea walt :Walt", ":eve!~e@evil.example JOIN #tea * :Eve")
    client.receive(":kim!~k@shared.example JOIN #tea * :Kim", ":lee!~l@shared.example JOIN #tea * :Lee")
    client.clear()
    for nick in ("walt", "eve", "kim", "nobody", "*!*@other"):
        client.execute(intents.ban, "#tea", nick)
    client.play("""
        > MODE #tea +b ~a:walt
        > MODE #tea +b *!*@evil.example
        > MODE #tea +b *!~k@shared.example
        > MODE #tea +b nobody!*@*
        > MODE #tea +b *!*@other
    """)


def test_unban_finds_the_bans_that_name_a_user() -> None:
    client = online_client(isupport=EXTBAN)
    client.execute(intents.unban, "#tea", "walt")
    client.play("""
        > MODE #tea b
        < :srv 367 anna #tea ~a:walt bob!~b@host 1795348805
        < :srv 367 anna #tea eve!*@* bob!~b@host 1795348805
        < :srv 367 anna #tea walt!*@* bob!~b@host 1795348805
        < :srv 368 anna #tea :End of channel ban list
        > MODE #tea -bb ~a:walt walt!*@*
    """)
    client.execute(intents.unban, "#tea", "kim")
    client.play("""
        > MODE #tea b
        < :srv 368 anna #tea :End of channel ban list
        | ! No ban in #tea names kim. /ban lists the bans.
    """)


def test_unban_remembers_the_mask_of_our_own_ban() -> None:
    client = online_client()
    client.receive(":eve!~e@evil.example JOIN #tea * :Eve")
    client.execute(intents.ban, "#tea", "eve")
    client.receive(":bob!~u@host KICK #tea eve :out")
    client.clear()
    client.execute(intents.unban, "#tea", "eve")
    client.play("""
        > MODE #tea b
        < :srv 367 anna #tea *!*@evil.example anna!~a@host 1795348805
        < :srv 368 anna #tea :End
        > MODE #tea -b *!*@evil.example
    """)


def test_names_with_hosts_are_understood() -> None:
    client = online_client(caps=f"{CAPABILITIES} userhost-in-names")
    client.receive(":srv 353 anna = #tea :@anna!~a@here +bob!~b@there", ":srv 366 anna #tea :End")
    members = client.state.rooms["#tea"].members  # type: ignore[index]
    assert [(one.nick, one.prefix, one.mask) for one in members.values()] == [
        ("anna", "@", "anna!~a@here"),
        ("bob", "+", "bob!~b@there"),
    ]


def test_lists_and_modes_are_shown() -> None:
    client = online_client()
    client.execute(intents.request_bans, "#tea")
    client.play("""
        > MODE #tea b
        < :srv 367 anna #tea eve!*@* bob!~b@host 1795348805
        < :srv 368 anna #tea :End of channel ban list
        | Bans in #tea (mask, set by, date): 1
        |   eve!*@*  bob  2026-11-22
        < :srv 349 anna #tea :End of channel ban exception list
        | #tea has no ban exceptions.
        < :srv 324 anna #tea +nt
        | Modes of #tea: +nt
        < :srv 324 anna #tea +
        | #tea has no modes set.
        < :srv 221 anna +i
        | Your modes: +i
    """)


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("341 anna walt #tea", "You invited walt to #tea."),
        ("401 anna walt :No such nick or channel", "! There is no user or room named walt."),
        ("403 anna #x :No such channel", "! There is no room named #x."),
        ("403 anna #x :Too many rooms", "! #x: Too many rooms"),
        ("421 anna FOO :Unknown command", "! The server does not know the command FOO."),
        ("421 anna NickServ :Unknown NickServ command FOO", "! Unknown NickServ command FOO"),
        ("441 anna bob #tea :They are not on that channel", "! bob is not in #tea."),
        ("442 anna #x :You are not on that channel", "! You are not in #x."),
        ("443 anna bob #tea :is already on that channel", "! bob is already in #tea."),
        ("461 anna KICK :Not enough parameters", "! KICK needs more parameters."),
        ("482 anna #tea :You are not a channel operator", "! You are not an operator of #tea."),
        ("696 anna #tea b x :Invalid mode parameter", "! #tea b x: Invalid mode parameter"),
        ("351 anna durable-chat-1 srv :Tea House", "The server runs durable-chat-1."),
        ("391 anna srv :Friday", "The time on srv is Friday."),
        ("330 anna bob bob :is logged in as", "bob is logged in as bob."),
        ("317 anna bob 7300 1795348805 :seconds idle", "bob has been idle for 2 h."),
        ("317 anna bob 172800 1795348805 :seconds idle", "bob has been idle for 2 days."),
        ("599 anna x y :Whatever", "! x y: Whatever"),
    ],
)
def test_replies_are_shown_as_sentences(reply: str, shown: str) -> None:
    online_client().play(f"< :srv {reply}\n| {shown}")
