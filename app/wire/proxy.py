"""Parses PROXY protocol headers, in which a reverse proxy passes on the client's address.

Supports versions 1 (text) and 2 (binary) of
https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt. Parsing is as strict as the
specification requires, because bans and connection limits depend on the address.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

MAX_LINE_BYTES = 107  # version 1, section 2.1
MAX_HEADER_BYTES = 4096  # version 2; typical headers have a few hundred bytes

_TEXT = b"PROXY "
_BINARY = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED = struct.Struct("!12sBBH")
_LOCAL, _PROXY = 0x20, 0x21  # version and command
_TCP4, _TCP6 = 0x11, 0x21
_UNSUPPORTED = {0x00, 0x12, 0x22, 0x31, 0x32}  # unspecified, datagram and Unix sockets
_ADDRESSES = {_TCP4: 12, _TCP6: 36}  # bytes of the two addresses and ports
_TLV_SSL, _CLIENT_SSL = 0x20, 0x01


class MalformedHeader(Exception):
    """The data is not a valid PROXY header."""


@dataclass(frozen=True, slots=True)
class Origin:
    """The client whose connection was proxied; without an address, the proxy itself."""

    address: str | None = None
    secure: bool = False  # the client's connection to the proxy uses TLS


def parse_header(data: bytes) -> tuple[Origin, int] | None:
    """Return the origin in the header at the start of the data, and the length of the header.

    Return None if the header is incomplete.

    Raises: MalformedHeader as soon as the data cannot be the start of a valid header.
    """
    if _may_start_with(data, _TEXT):
        return _parse_v1(data)
    if _may_start_with(data, _BINARY):
        return _parse_v2(data)
    raise MalformedHeader("Connections from this address must start with a PROXY header")


def _may_start_with(data: bytes, prefix: bytes) -> bool:
    """Return whether the data, which may be incomplete, is compatible with the prefix."""
    return data[: len(prefix)] == prefix[: len(data)]


def _parse_v1(data: bytes) -> tuple[Origin, int] | None:
    line, end, _ = data[:MAX_LINE_BYTES].partition(b"\r\n")
    if end:
        return _parse_v1_line(line), len(line) + len(end)
    if len(data) >= MAX_LINE_BYTES:
        raise MalformedHeader("The PROXY header is too long")
    return None


def _parse_v1_line(line: bytes) -> Origin:
    """Parse `PROXY TCP4 SOURCE TARGET PORT PORT`; anything after UNKNOWN is ignored."""
    match line.split(b" "):
        case [_, b"UNKNOWN", *_]:
            return Origin()
        case [_, b"TCP4", source, target, *ports] if _are_ports(ports):
            return Origin(_parse_address(IPv4Address, source, target))
        case [_, b"TCP6", source, target, *ports] if _are_ports(ports):
            return Origin(_parse_address(IPv6Address, source, target))
    raise MalformedHeader("The PROXY header has an unknown form")


def _are_ports(words: list[bytes]) -> bool:
    return len(words) == 2 and all(
        word.isdigit() and len(word) <= 5 and int(word) < 1 << 16 for word in words
    )


def _parse_address(family: type[IPv4Address] | type[IPv6Address], source: bytes, target: bytes) -> str:
    try:
        family(target.decode("ascii"))
        return _format_address(family(source.decode("ascii")))
    except ValueError as error:
        raise MalformedHeader("The PROXY header has no valid address") from error


def _format_address(address: IPv4Address | IPv6Address) -> str:
    """Format an address; IPv4-mapped IPv6 addresses are written as IPv4."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if getattr(address, "scope_id", None) is not None:
        raise MalformedHeader("The PROXY header has no valid address")
    return str(mapped or address)


def _parse_v2(data: bytes) -> tuple[Origin, int] | None:
    if len(data) < _FIXED.size:
        return None
    _, command, family, length = _FIXED.unpack_from(data)
    whole = _FIXED.size + length
    if whole > MAX_HEADER_BYTES:
        raise MalformedHeader("The PROXY header is too long")
    if command not in (_LOCAL, _PROXY):
        raise MalformedHeader("The PROXY header has an unknown version or command")
    if len(data) < whole:
        return None
    if command == _LOCAL:
        return Origin(), whole
    return _parse_v2_block(family, data[_FIXED.size : whole]), whole


def _parse_v2_block(family: int, block: bytes) -> Origin:
    """Parse the addresses and the TLVs that follow them."""
    if family in _UNSUPPORTED:
        return Origin()
    size = _ADDRESSES.get(family)
    if size is None or len(block) < size:
        raise MalformedHeader("The PROXY header has no valid address")
    source = IPv4Address(block[:4]) if family == _TCP4 else IPv6Address(block[:16])
    return Origin(_format_address(source), _is_secure(block[size:]))


def _is_secure(block: bytes) -> bool:
    """Return whether the PP2_TYPE_SSL TLV indicates that the client uses TLS (section 2.2.6)."""
    return any(kind == _TLV_SSL and value[:1] and value[0] & _CLIENT_SSL for kind, value in _iter_tlvs(block))


def _iter_tlvs(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and value of each TLV."""
    while block:
        if len(block) < 3 or len(block) < 3 + (length := int.from_bytes(block[1:3])):
            raise MalformedHeader("The PROXY header is truncated")
        yield block[0], block[3 : 3 + length]
        block = block[3 + length :]
