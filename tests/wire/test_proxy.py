"""PROXY protocol headers: complete, truncated at every byte, and malformed."""

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wire.proxy import MAX_HEADER_BYTES, MAX_LINE_BYTES, MalformedHeader, Origin, parse_header

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PORTS = struct.pack("!HH", 56324, 6667)
V4 = bytes([192, 0, 2, 7, 192, 0, 2, 1]) + PORTS
V6 = IPv6Address("2001:db8::7").packed + IPv6Address("2001:db8::1").packed + PORTS
SSL = b"\x20\0\x05\x01\0\0\0\0"


def binary(block: bytes, family: int = 0x11, command: int = 0x21) -> bytes:
    """Format a version 2 header."""
    return SIGNATURE + struct.pack("!BBH", command, family, len(block)) + block


WHOLE = {
    b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 6667\r\n": Origin("192.0.2.7"),
    b"PROXY TCP6 2001:db8::7 2001:db8::1 65535 0\r\n": Origin("2001:db8::7"),
    b"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.1 1 2\r\n": Origin("192.0.2.7"),
    b"PROXY UNKNOWN\r\n": Origin(),
    b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n": Origin(),
    binary(V4): Origin("192.0.2.7"),
    binary(V6, 0x21): Origin("2001:db8::7"),
    binary(V4 + b"\x03\0\x04abcd" + b"\x04\0\0"): Origin("192.0.2.7"),
    binary(V4 + SSL): Origin("192.0.2.7", secure=True),
    binary(V4 + b"\x20\0\x05\0\0\0\0\0"): Origin("192.0.2.7"),
    binary(V4 + b"\x20\0\0"): Origin("192.0.2.7"),
    binary(V4 + b"\x01\0\x01h" + SSL): Origin("192.0.2.7", secure=True),
    binary(b"", 0x00): Origin(),
    binary(b"whatever", 0x00): Origin(),
    binary(b"\0" * 216, 0x31): Origin(),
    binary(V4, 0x12): Origin(),
    binary(b"", 0x00, command=0x20): Origin(),
    binary(V4, 0x11, command=0x20): Origin(),
}


@pytest.mark.parametrize(("header", "origin"), WHOLE.items())
def test_header_parses_as_soon_as_it_is_complete(header: bytes, origin: Origin) -> None:
    for length in range(len(header)):
        assert parse_header(header[:length]) is None
    for rest in (b"", b"NICK a\r\n", b"\r\n", b"\0", SIGNATURE, b"x" * 9000):
        assert parse_header(header + rest) == (origin, len(header))


@given(source=st.ip_addresses(), target=st.ip_addresses(), ports=st.tuples(*[st.integers(0, 65535)] * 2))
def test_any_addresses_parse_in_both_versions(
    source: IPv4Address | IPv6Address, target: IPv4Address | IPv6Address, ports: tuple[int, int]
) -> None:
    target = type(source)(int(target) % 2**source.max_prefixlen)
    line = f"PROXY TCP{source.version} {source} {target} {ports[0]} {ports[1]}\r\n".encode()
    block = source.packed + target.packed + struct.pack("!HH", *ports)
    found = {parse_header(line), parse_header(binary(block, 0x11 if source.version == 4 else 0x21))}
    mapped = source.ipv4_mapped if isinstance(source, IPv6Address) else None
    assert {origin for origin, _ in filter(None, found)} == {Origin(str(mapped or source))}


@pytest.mark.parametrize(
    "data",
    [
        b"NICK alice\r\n",
        b"CAP LS 302\r\n",
        b"PROXYTCP4",
        b"proxy TCP4 192.0.2.7 192.0.2.1 1 2\r\n",
        b"\x16\x03\x01\x02\0",
        b"GET / HTTP/1.1\r\n",
        b"\r\nNICK",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 56324\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 6667 1\r\n",
        b"PROXY TCP4  192.0.2.7 192.0.2.1 56324 6667\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 65536\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 -1\r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 56324 +1\r\n",
        b"PROXY TCP4 192.0.2.7 nowhere 56324 6667\r\n",
        b"PROXY TCP4 192.0.2.256 192.0.2.1 56324 6667\r\n",
        b"PROXY TCP4 192.0.02.7 192.0.2.1 56324 6667\r\n",
        b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
        b"PROXY TCP6 192.0.2.7 192.0.2.1 1 2\r\n",
        b"PROXY TCP6 fe80::1%eth0 fe80::2 1 2\r\n",
        b"PROXY TCP4 192.0.2.7\xff 192.0.2.1 1 2\r\n",
        b"PROXY UDP4 192.0.2.7 192.0.2.1 1 2\r\n",
        b"PROXY \r\n",
        b"PROXY TCP4 192.0.2.7 192.0.2.1 1 2\n" + b"x" * MAX_LINE_BYTES,
        b"PROXY " + b"x" * MAX_LINE_BYTES + b"\r\n",
        binary(V4, command=0x31),
        binary(V4, command=0x22),
        binary(V4, command=0x01),
        binary(V4, 0x41),
        binary(V4, 0x10),
        binary(V4, 0x13),
        binary(V4[:-1]),
        binary(V6[:-1], 0x21),
        binary(b"", 0x11),
        binary(V4 + b"\x03"),
        binary(V4 + b"\x03\0\x04abc"),
        binary(b"\0" * MAX_HEADER_BYTES, 0x00)[:16],
    ],
)
def test_malformed_header_is_rejected(data: bytes) -> None:
    with pytest.raises(MalformedHeader):
        parse_header(data)


@given(data=st.one_of(st.binary(), st.binary().map(lambda rest: SIGNATURE + rest), st.binary().map(binary)))
def test_more_data_never_changes_the_result(data: bytes) -> None:
    try:
        found = parse_header(data)
    except MalformedHeader:
        with pytest.raises(MalformedHeader):
            parse_header(data + b"more")
    else:
        assert found is None or found == parse_header(data + b"more")


def test_endless_header_is_rejected_at_its_limit() -> None:
    assert parse_header(b"PROXY " + b"x" * (MAX_LINE_BYTES - 7)) is None
    with pytest.raises(MalformedHeader, match="too long"):
        parse_header(b"PROXY " + b"x" * (MAX_LINE_BYTES - 6))
