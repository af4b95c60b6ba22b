"""Cloaked hosts: addresses are hidden from other users."""

import logging
import re
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.db.models import SessionRow
from app.engine.cloak import new_cloak
from app.services.administration import bans
from app.services.administration.admin_changes import apply_admin_change
from tests.engine.account_clients import account, enter, stranger
from tests.engine.account_clients import log_in as log_in_as
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness
from tests.engine.scenes import gather, log_in, people, user

ADDRESS = "192.0.2.7"
NEAR = "192.0.2.8"  # in the same /24
FAR = "192.0.77.7"  # in the same /16
ELSEWHERE = "198.51.100.7"

cloak = new_cloak(b"k" * 32)
addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(
    lambda address: not address.is_loopback
)


@given(address=addresses)
def test_a_cloak_is_a_valid_host(address: IPv4Address | IPv6Address) -> None:
    assert re.fullmatch(r"[a-z2-7]{8}\.[a-z2-7]{8}\.[a-z2-7]{8}\.ip", cloak(str(address)))


@given(address=addresses, key=st.binary(min_size=32, max_size=32))
def test_a_cloak_depends_only_on_address_and_key(address: IPv4Address | IPv6Address, key: bytes) -> None:
    mine = new_cloak(key)(str(address))
    assert mine == new_cloak(key)(str(address))
    assert not set(mine.split(".")[:3]) & set(new_cloak(key[::-1] + b"x")(str(address)).split(".")[:3])


@given(one=addresses, other=addresses)
def test_cloak_segments_are_shared_within_a_range_only(
    one: IPv4Address | IPv6Address, other: IPv4Address | IPv6Address
) -> None:
    differing = int(one) ^ int(other) if one.version == other.version else -1
    widths = (32, 24, 16) if one.version == 4 else (64, 48, 32)
    for width, mine, theirs in zip(
        widths, cloak(str(one)).split("."), cloak(str(other)).split("."), strict=False
    ):
        assert (mine == theirs) == (differing >= 0 and differing >> (one.max_prefixlen - width) == 0)


def test_cloak_segments_go_from_narrow_to_wide() -> None:
    mine, near, far = (cloak(address).split(".") for address in (ADDRESS, NEAR, FAR))
    assert (mine[0] != near[0], mine[1:]) == (True, near[1:])
    assert (mine[1] != far[1], mine[2:]) == (True, far[2:])


@pytest.mark.parametrize(
    ("address", "host"), [("127.0.0.1", "127.0.0.1"), ("127.8.0.1", "127.8.0.1"), ("::1", "0::1")]
)
def test_loopback_addresses_are_not_cloaked(address: str, host: str) -> None:
    assert cloak(address) == host


def test_the_zone_of_a_link_local_address_is_ignored() -> None:
    assert cloak("fe80::1%eth0") == cloak("fe80::1")


def shown(lines: list[str], code: str) -> list[str]:
    """Return the parameters after the nick in replies with a numeric."""
    return [line.split(" ", 3)[3] for line in lines if line.split(" ")[1] == code]


def test_others_see_the_cloak_wherever_a_host_is_shown(bench: EngineHarness) -> None:
    host = bench.core.runtime.cloak(ADDRESS)
    gather(bench, "#tea", "alice")
    bench.play("alice > MONITOR + bob\nalice < :irc.example 731 alice :bob")
    bench.connect("bob", address=ADDRESS).send("JOIN #tea")
    bench.play(
        f"""
        alice < :irc.example 730 * :bob!~bob@{host}
        alice < :bob!~bob@{host} JOIN #tea
        alice > WHO bob
        alice < :irc.example 352 alice * ~bob {host} irc.example bob H :0 Bob
        alice < :irc.example 315 alice bob :End of WHO list
        alice > WHO bob %hin
        alice < :irc.example 354 alice 255.255.255.255 {host} bob
        alice < :irc.example 315 alice bob :End of WHO list
        alice > USERHOST bob
        alice < :irc.example 302 alice :bob=+~bob@{host}
        alice > WHO *@{ADDRESS}
        alice < :irc.example 315 alice *@{ADDRESS} :End of WHO list
        bob > QUIT :bye
        alice < :bob!~bob@{host} QUIT :Quit: bye
        alice < :irc.example 731 * :bob
        alice > WHOWAS bob
        alice < :irc.example 314 alice bob ~bob {host} * :Bob
        """
    )


def test_the_real_address_is_never_sent_to_others(bench: EngineHarness) -> None:
    caps = (
        "batch",
        "server-time",
        "message-tags",
        "draft/chathistory",
        "draft/event-playback",
        "userhost-in-names",
    )
    account(bench, "anna")
    (alice,) = gather(bench, "#tea", "alice")
    bob = bench.connect("bob", *caps, "sasl", "setname", address=ADDRESS)
    bob.send(
        "JOIN #tea", "PRIVMSG #tea :hi", "PRIVMSG alice :psst", "TOPIC #tea :x", "MODE bob +w-i", "AWAY :gone"
    )
    bob.send(
        "MODE #tea +b *!*@evil", "KICK #tea alice", "INVITE alice #tea", "SETNAME :Robert", "NICK robert"
    )
    log_in_as(bob, "anna")
    carol = bench.connect("carol", *caps)
    heard = alice.heard() + carol.ask(
        "JOIN #tea",
        "CHATHISTORY LATEST #tea * 100",
        "NAMES #tea",
        "WHO #tea",
        "WHO robert %i",
        "WHOIS robert",
        "USERHOST robert",
        "MODE #tea b",
        "WHOWAS bob",
        "LIST",
        "MONITOR + robert",
    )
    bob.hang_up()
    heard += carol.heard() + carol.ask("WHOWAS robert")
    assert any("robert" in line for line in heard)
    assert not [line for line in heard if ADDRESS in line]


def test_real_addresses_are_shown_to_self_and_administrators(bench: EngineHarness) -> None:
    alice, bob = bench.connect("alice"), bench.connect("bob", address=ADDRESS)
    host = bench.core.runtime.cloak(ADDRESS)
    assert shown(bob.ask("WHOIS bob"), "311") == [f"bob ~bob {host} * :Bob"]
    assert shown(bob.ask("WHOIS bob"), "338") == [f"bob {ADDRESS} :is connecting from"]
    assert shown(alice.ask("WHOIS bob"), "338") == []
    log_in(bench, "alice", "alice", "admin")
    assert shown(alice.ask("WHOIS bob"), "338") == [f"bob {ADDRESS} :is connecting from"]
    assert shown(alice.ask("WHO bob %ih"), "354") == [f"{ADDRESS} {host}"]


def test_a_login_before_registration_shows_the_cloak(bench: EngineHarness) -> None:
    account(bench, "anna")
    host = bench.core.runtime.cloak(ADDRESS)
    person = stranger(bench, "anna")
    person.client.address = ADDRESS
    assert log_in_as(person, "anna")[1].startswith(f":irc.example 900 * *!*@{host} anna ")


def test_channel_bans_match_the_cloak_and_its_ranges(bench: EngineHarness) -> None:
    gather(bench, "#tea", "alice")
    for nick, address in {"bob": ADDRESS, "near": NEAR, "far": FAR, "other": ELSEWHERE}.items():
        bench.connect(nick, address=address)
    *_, middle, wide, _ = user(bench, "bob").host.split(".")

    def kept_out(mask: str) -> list[str]:
        bench.people["alice"].send(f"MODE #tea +b {mask}")
        found = [
            nick
            for nick in ("bob", "near", "far", "other")
            if shown(bench.people[nick].ask("JOIN #tea"), "474")
        ]
        for nick in ("bob", "near", "far", "other"):
            bench.people[nick].send("PART #tea")
        bench.people["alice"].send(f"MODE #tea -b {mask}")
        return found

    assert kept_out(f"*!*@{user(bench, 'bob').host}") == ["bob"]
    assert kept_out(f"*!*@*.{middle}.{wide}.ip") == ["bob", "near"]
    assert kept_out(f"*!*@*.{wide}.ip") == ["bob", "near", "far"]
    assert kept_out(f"*!*@{ADDRESS}") == [], "who asks by banning is told nothing"


@pytest.mark.parametrize("mask", [ADDRESS, "192.0.2.0/24", f"*!*@{ADDRESS}", "*!*@192.0.*", "cloak"])
def test_server_bans_match_address_and_cloak(bench: EngineHarness, mask: str) -> None:
    alice = bench.connect("alice")
    bob = bench.connect("bob", address=ADDRESS)
    mask = f"*!*@{user(bench, 'bob').host}" if mask == "cloak" else mask
    kind = bans.detect_ban_type(mask)
    apply_admin_change(
        bench.database, bench.clock, "me", "root", lambda admin: bans.add_ban(admin, kind, mask, "spam", None)
    )
    alice.send("JOIN #tea")
    assert bob.heard() == ["ERROR :Closing link: Banned: spam"]
    again = bench.dial("bob", address=ADDRESS)
    assert again.ask("NICK bob", "USER bob 0 * :Bob")[-1] == "ERROR :Banned: spam"
    bench.connect("other", address=ELSEWHERE)


def test_a_cloak_is_the_same_after_a_restart(bench: EngineHarness) -> None:
    bench.connect("bob", address=ADDRESS)
    before = user(bench, "bob").host
    bench.restart()
    bench.connect("bob", address=ADDRESS)
    assert user(bench, "bob").host == before


def test_each_database_has_its_own_cloak_key(make_bench: MakeBench) -> None:
    assert make_bench().core.runtime.cloak(ADDRESS) != make_bench().core.runtime.cloak(ADDRESS)


def test_without_cloaks_the_address_is_the_host(make_bench: MakeBench) -> None:
    bench = make_bench(cloak=False)
    bench.connect("bob", address="2001:db8::7")
    assert user(bench, "bob").source == "bob!~bob@2001:db8::7"
    bench.connect("carol", address="::2")
    assert user(bench, "carol").source == "carol!~carol@0::2"


def test_a_session_stores_address_and_cloak(bench: EngineHarness) -> None:
    bench.connect("bob", address=ADDRESS)
    with bench.database.reading() as orm:
        rows = orm.execute(select(SessionRow.address, SessionRow.host)).all()
    assert rows == [(ADDRESS, bench.core.runtime.cloak(ADDRESS))]


def test_all_devices_of_a_session_share_one_host(bench: EngineHarness) -> None:
    account(bench, "anna")
    enter(bench, "anna", "anna")
    second = bench.dial("second", address=ADDRESS)
    second.client.account = "anna"
    second.send("NICK anna", "USER anna 0 * :anna")
    assert user(bench, "anna").host == "127.0.0.1"
    assert len(user(bench, "anna").clients) == 2


def test_the_keys_of_the_server_are_never_logged(
    make_bench: MakeBench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bench = make_bench()
    people(bench, "alice")
    with bench.database.engine.connect() as connection:
        keys = connection.exec_driver_sql("SELECT value FROM server_secret").scalars().all()
    assert [len(bytes.fromhex(key)) for key in keys] == [32, 32]  # of cloaks, of reserved names
    assert not [key for key in keys if key in caplog.text]
