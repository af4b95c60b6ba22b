"""The index of server-wide bans: what it finds, and what becomes of expired bans."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.world.ban_index import Ban, BanIndex
from tests.conftest import MovedClock
from tests.engine.harness import EngineHarness
from tests.engine.scenes import people

IPV4 = st.integers(0, 7).map(lambda number: f"10.0.{number >> 1}.{number}")
IPV6 = st.integers(0, 7).map(lambda number: f"2001:db8:{number >> 1:x}::{number:x}")
NETWORKS = st.one_of(
    st.tuples(IPV4, st.integers(8, 32)), st.tuples(IPV6, st.sampled_from([16, 32, 47, 48, 64, 127, 128]))
).map(lambda pair: str(ip_network(f"{pair[0]}/{pair[1]}", strict=False)))


def ban(id: int, mask: str, type: str = "address", expires: int | None = None) -> Ban:
    """Return a ban."""
    return Ban(id, type, mask, "spam", expires, "root")


@settings(deadline=None)
@given(st.lists(NETWORKS, max_size=10), st.one_of(IPV4, IPV6), st.sets(st.integers(0, 9)))
def test_an_address_is_banned_by_the_networks_around_it(
    networks: list[str], address: str, removed: set[int]
) -> None:
    index = BanIndex(MovedClock(), *(ban(number, network) for number, network in enumerate(networks)))
    for number in removed:
        index.remove(number)
    expected = [
        number
        for number, network in enumerate(networks)
        if number not in removed and ip_address(address) in ip_network(network)
    ]
    assert sorted(found.id for found in index.of_address(address)) == expected


@pytest.mark.parametrize("address", ["192.0.2.7", "::ffff:192.0.2.7"])
def test_a_mapped_address_is_banned_as_ipv4(clock: MovedClock, address: str) -> None:
    index = BanIndex(clock, ban(1, "192.0.2.0/24"))
    assert [found.id for found in index.of_address(address)] == [1]


def test_a_link_local_address_is_banned_without_its_zone(clock: MovedClock) -> None:
    index = BanIndex(clock, ban(1, "fe80::/64"))
    assert [found.id for found in index.of_address("fe80::7%eth0")] == [1]


def test_expired_bans_leave_the_look_ups(clock: MovedClock) -> None:
    later = clock.now() + 1000
    index = BanIndex(
        clock,
        ban(1, "192.0.2.7", "address", later),
        ban(2, "192.0.2.7", "address"),
        ban(3, "spam*!*@*", "nick", later),
        ban(4, "anna", "account", later),
        ban(5, "bob", "account", clock.now()),
    )
    assert not list(index.of_account("bob"))
    assert [found.id for found in index.of_address("192.0.2.7")] == [1, 2]
    assert [found.id for found in index.of_source("spammer!x@y")] == [3]
    assert [found.id for found in index.of_account("Anna")] == [4]
    clock.instant += 1000
    assert [found.id for found in index.of_address("192.0.2.7")] == [2]
    assert not list(index.of_source("spammer!x@y"))
    assert not list(index.of_account("anna"))
    assert [found.id for found in index.active()] == [2]
    assert [found.id for found in index.with_mask(["anna", "spam*!*@*"])] == [4, 3], "still known"


def test_a_ban_extended_under_its_id_stays(clock: MovedClock) -> None:
    index = BanIndex(clock, ban(1, "192.0.2.7", "address", clock.now() + 1000))
    index.add(ban(1, "192.0.2.7"))
    clock.instant += 2000
    assert [found.id for found in index.of_address("192.0.2.7")] == [1]


@pytest.mark.parametrize("type", ["address", "nick", "account"])
def test_a_removed_ban_leaves_nothing_behind(clock: MovedClock, type: str) -> None:
    index = BanIndex(clock, ban(1, "192.0.2.7", type))
    index.remove(1)
    index.remove(1)
    assert not list(index.active())
    assert not index.with_mask(["192.0.2.7"])
    for found in (index.of_address("192.0.2.7"), index.of_source("192.0.2.7"), index.of_account("192.0.2.7")):
        assert not list(found)


def test_a_ban_with_an_invalid_address_applies_to_nobody(clock: MovedClock) -> None:
    index = BanIndex(clock, ban(1, "nowhere"))
    assert not list(index.of_address("192.0.2.7"))
    index.remove(1)


def test_thousands_of_bans_apply(bench: EngineHarness) -> None:
    world = bench.core.runtime.world
    for number in range(2000):
        world.bans.add(ban(number, f"spam{number}x*!*@*", "nick"))
        world.bans.add(ban(10_000 + number, f"10.{number >> 8}.{number & 255}.0/24"))
    (alice,) = people(bench, "alice")
    assert [line.split()[1] for line in alice.ask("NICK spam7", "NICK spam1999xy")] == ["NICK", "432"]
    assert "ERROR" in bench.dial("bob", "10.7.207.9").ask("NICK bob", "USER bob 0 * :x")[-1]
    bench.connect("carol", address="10.8.0.1")
