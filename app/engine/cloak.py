"""Cloaks: the host names shown to other users instead of addresses.

A cloak consists of three words and `.ip`: keyed hashes of the address and of two enclosing
networks. It does not reveal the address without the key, but all addresses of a network share the
word of that network, so that a ban on `*!*@*.7yqd2w6e.ip` covers a network without revealing it.

    k3v7q2aa.x5mzp4rb.7yqd2w6e.ip     192.0.2.7, 192.0.2.0/24 and 192.0.0.0/16

A word has 40 bits, so collisions are unlikely. The dots and `.ip` distinguish a cloak from a nick
and from a real host name.
"""

import hmac
from base64 import b32encode
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from app.wire.masks import CLOAK_SUFFIX

PREFIX_BITS = {4: (32, 24, 16), 6: (64, 48, 32)}  # prefix lengths of the hashed networks, by IP version
WORD_BYTES = 5  # eight base32 letters

HostCloak = Callable[[str], str]  # maps an address to the displayed host


def uncloaked_host(address: str) -> str:
    """Return the address as the host, prefixed with `0` if it starts with a colon.

    A parameter with a leading colon would be parsed as the trailing parameter
    (RFC 1459 section 2.3.1).
    """
    return "0" + address if address.startswith(":") else address


def new_cloak(key: bytes) -> HostCloak:
    """Return a function that cloaks addresses with a key. Loopback addresses are not cloaked."""

    def cloak(address: str) -> str:
        parsed = ip_address(address.partition("%")[0])  # without the zone ID of a link-local address
        if parsed.is_loopback:
            return uncloaked_host(address)
        networks = (ip_network((parsed, width), strict=False) for width in PREFIX_BITS[parsed.version])
        return ".".join(_word(key, str(network)) for network in networks) + CLOAK_SUFFIX

    return cloak


def _word(key: bytes, network: str) -> str:
    digest = hmac.digest(key, network.encode(), "sha256")
    return b32encode(digest[:WORD_BYTES]).decode().lower()
