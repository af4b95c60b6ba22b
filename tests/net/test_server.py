"""Connection limits and the normalisation of peer addresses."""

from ipaddress import ip_network

from hypothesis import given
from hypothesis import strategies as st

from app.net.receive.connection_limits import ConnectionLimits, ConnectionSlot
from app.net.server import plain_address

FULL = "The server is full; try again later"
TOO_MANY = "Too many connections from your address"


def test_connections_per_address_are_limited() -> None:
    limits = ConnectionLimits(maximum=5, max_per_address=2)
    assert [limits.admit("192.0.2.1") for _ in range(3)] == [None, None, TOO_MANY]
    assert limits.admit("2001:db8::1") is None
    limits.release("192.0.2.1")
    assert limits.admit("192.0.2.1") is None


def test_connections_are_counted_per_ipv6_network() -> None:
    limits = ConnectionLimits(maximum=9, max_per_address=2)
    admitted = [limits.admit(f"2001:db8:0:1:{number:x}::1") for number in range(3)]
    assert admitted == [None, None, TOO_MANY]
    assert limits.admit("2001:db8:0:2::1") is None, "another customer's network"
    limits.release("2001:db8:0:1::1")
    assert limits.admit("2001:db8:0:1::ffff") is None


def test_a_mapped_address_counts_as_ipv4() -> None:
    limits = ConnectionLimits(maximum=9, max_per_address=1)
    assert [limits.admit("192.0.2.1"), limits.admit("::ffff:192.0.2.1")] == [None, TOO_MANY]
    assert limits.admit("::ffff:192.0.2.2") is None


def test_loopback_is_limited_only_by_max_connections() -> None:
    limits = ConnectionLimits(maximum=3, max_per_address=1)
    assert [limits.admit("127.0.0.1"), limits.admit("127.0.0.1"), limits.admit("::1")] == [None] * 3
    assert limits.admit("127.0.0.1") == FULL
    assert limits.admit("192.0.2.1") == FULL


@given(steps=st.lists(st.tuples(st.booleans(), st.sampled_from(["192.0.2.1", "192.0.2.2", "127.0.0.1"]))))
def test_limits_hold_for_any_sequence_of_connections(steps: list[tuple[bool, str]]) -> None:
    limits = ConnectionLimits(maximum=6, max_per_address=3)
    connected: list[str] = []
    for connects, address in steps:
        if not connects and address in connected:
            limits.release(address)
            connected.remove(address)
        elif connects:
            is_over = address != "127.0.0.1" and connected.count(address) >= 3
            expected = FULL if len(connected) >= 6 else TOO_MANY if is_over else None
            assert limits.admit(address) == expected
            connected += [address] if expected is None else []


def test_proxied_connections_count_against_the_client_address() -> None:
    limits = ConnectionLimits(maximum=5, max_per_address=2, proxies=(ip_network("192.0.2.0/24"),))
    assert [limits.admit("192.0.2.1") for _ in range(6)] == [None] * 5 + [FULL]
    slots = [ConnectionSlot(limits, "192.0.2.1") for _ in range(4)]
    assert all(limits.is_proxy(slot.address) for slot in slots)
    assert [slot.reassign("198.51.100.7") for slot in slots] == [None, None, TOO_MANY, TOO_MANY]
    assert [slot.address for slot in slots] == ["198.51.100.7"] * 2 + ["192.0.2.1"] * 2
    slots[0].release()
    assert not limits.is_proxy(slots[1].address)
    assert slots[2].reassign("198.51.100.7") is None
    assert limits.admit("198.51.100.7") == TOO_MANY
    assert limits.admit("203.0.113.1") is None


def test_proxied_ipv6_connections_count_against_their_network() -> None:
    limits = ConnectionLimits(maximum=9, max_per_address=2, proxies=(ip_network("192.0.2.1"),))
    slots = [ConnectionSlot(limits, "192.0.2.1") for _ in range(3) if limits.admit("192.0.2.1") is None]
    origins = [f"2001:db8::{number}" for number in range(3)]
    refusals = [slot.reassign(origin) for slot, origin in zip(slots, origins, strict=True)]
    assert refusals == [None, None, TOO_MANY]
    for slot in slots:
        slot.release()
    assert limits.count == 0
    assert limits.admit("2001:db8::9") is None


def test_ipv4_mapped_addresses_become_ipv4() -> None:
    assert plain_address("::ffff:192.0.2.1") == "192.0.2.1"
    for address in ("192.0.2.1", "2001:db8::1", "::1", "fe80::1%eth0"):
        assert plain_address(address) == address
