"""The PROXY protocol: how a reverse proxy says, before all else, for whom it has connected.

Versions 1 (a line of text) and 2 (binary) of https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt.
A header is read as strictly as the specification asks, because what it says decides about bans and limits.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

MAX_LINE_BYTES = 107  # the longest line of version 1, section 2.1
MAX_HEADER_BYTES = (
    4096  # the longest header of version 2 that is read; addresses and TLVs of proxies need some hundred
)

_TEXT = b"PROXY "
_BINARY = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED = struct.Struct("!12sBBH")
_LOCAL, _PROXY = 0x20, 0x21  # version 2 and the command
_TCP4, _TCP6 = 0x11, 0x21
_UNUSED = {
    0x00,
    0x12,
    0x22,
    0x31,
    0x32,
}  # unspecified, datagrams, sockets of Unix: nothing that has an address here
_ADDRESSES = {_TCP4: 12, _TCP6: 36}  # bytes of both addresses and ports
_TLV_SSL, _CLIENT_SSL = 0x20, 0x01


class MalformedHeader(Exception):
    """What came is no PROXY header."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Whom a proxy has connected for. Without an address it speaks for itself, as health checks do."""

    address: str | None = None
    secure: bool = False  # the proxy says that the client speaks TLS with it


def read_header(data: bytes) -> tuple[Origin, int] | None:
    """Read the header that the bytes begin with: what it says and how long it is; None if it is not whole yet.

    Raises: Malformed as soon as it cannot become a header any more.
    """
    if _begins(data, _TEXT):
        return _read_text(data)
    if _begins(data, _BINARY):
        return _read_binary(data)
    raise MalformedHeader("This address has to begin with a PROXY header")


def _begins(data: bytes, start: bytes) -> bool:
    """Whether the bytes begin like this, as far as there are any."""
    return data[: len(start)] == start[: len(data)]


def _read_text(data: bytes) -> tuple[Origin, int] | None:
    line, end, _ = data[:MAX_LINE_BYTES].partition(b"\r\n")
    if end:
        return _origin_of(line), len(line) + len(end)
    if len(data) >= MAX_LINE_BYTES:
        raise MalformedHeader("The PROXY header is too long")
    return None


def _origin_of(line: bytes) -> Origin:
    """Read `PROXY TCP4 <from> <to> <port> <port>`; behind UNKNOWN, nothing counts."""
    match line.split(b" "):
        case [_, b"UNKNOWN", *_]:
            return Origin()
        case [_, b"TCP4", source, target, *ports] if _are_ports(ports):
            return Origin(_checked(IPv4Address, source, target))
        case [_, b"TCP6", source, target, *ports] if _are_ports(ports):
            return Origin(_checked(IPv6Address, source, target))
    raise MalformedHeader("The PROXY header makes no sense")


def _are_ports(words: list[bytes]) -> bool:
    return len(words) == 2 and all(
        word.isdigit() and len(word) <= 5 and int(word) < 1 << 16 for word in words
    )


def _checked(family: type[IPv4Address] | type[IPv6Address], source: bytes, target: bytes) -> str:
    try:
        family(target.decode("ascii"))
        return _plain(family(source.decode("ascii")))
    except ValueError as error:
        raise MalformedHeader("The PROXY header names no address") from error


def _plain(address: IPv4Address | IPv6Address) -> str:
    """Write an address; one of IPv4 as such, also where a proxy has only sockets for IPv6."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if getattr(address, "scope_id", None) is not None:
        raise MalformedHeader("The PROXY header names no address")
    return str(mapped or address)


def _read_binary(data: bytes) -> tuple[Origin, int] | None:
    if len(data) < _FIXED.size:
        return None
    _, command, family, length = _FIXED.unpack_from(data)
    whole = _FIXED.size + length
    if whole > MAX_HEADER_BYTES:
        raise MalformedHeader("The PROXY header is too long")
    if command not in (_LOCAL, _PROXY):
        raise MalformedHeader("The PROXY header has another version or command")
    if len(data) < whole:
        return None
    if command == _LOCAL:
        return Origin(), whole
    return _origin_in(family, data[_FIXED.size : whole]), whole


def _origin_in(family: int, block: bytes) -> Origin:
    """Read the addresses and what follows them."""
    if family in _UNUSED:
        return Origin()
    size = _ADDRESSES.get(family)
    if size is None or len(block) < size:
        raise MalformedHeader("The PROXY header names no address")
    source = IPv4Address(block[:4]) if family == _TCP4 else IPv6Address(block[:16])
    return Origin(_plain(source), _is_secure(block[size:]))


def _is_secure(block: bytes) -> bool:
    """Whether the TLV about TLS says that the client speaks it (PP2_TYPE_SSL, section 2.2.6)."""
    return any(kind == _TLV_SSL and value[:1] and value[0] & _CLIENT_SSL for kind, value in _values(block))


def _values(block: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the types and values that follow the addresses."""
    while block:
        if len(block) < 3 or len(block) < 3 + (length := int.from_bytes(block[1:3])):
            raise MalformedHeader("The PROXY header is cut off")
        yield block[0], block[3 : 3 + length]
        block = block[3 + length :]
