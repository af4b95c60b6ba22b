"""Cloaks: what others see instead of somebody's address.

A cloak is three words and `.ip`: keyed hashes of the address, of its neighbourhood and of the wider range around
that. Without the key nobody can tell which address it is, but the words of a range are the same for everybody in
it: whoever bans `*!*@*.7yqd2w6e.ip` bans a range without knowing which.

    k3v7q2aa.x5mzp4rb.7yqd2w6e.ip     192.0.2.7, 192.0.2.0/24 and 192.0.0.0/16

A word has 40 bits, so two ranges that share one are not to be expected. The dots and `.ip` keep a cloak from
being a nick, or the name of a host that somebody could have.
"""

import hmac
from base64 import b32encode
from collections.abc import Callable
from ipaddress import ip_address, ip_network

from app.wire.masks import CLOAK_SUFFIX

WIDTHS = {4: (32, 24, 16), 6: (64, 48, 32)}  # bits of the address that each word stands for
WORD_BYTES = 5  # eight letters

HostCloak = Callable[[str], str]  # from an address to the host that others see


def uncloaked_host(address: str) -> str:
    """Write an address as a host name on the wire; one that begins with a colon gets a zero before it."""
    return "0" + address if address.startswith(":") else address


def new_cloak(key: bytes) -> HostCloak:
    """Return what makes cloaks with this key.

    Loopback stays as it is: it says nothing about anybody.
    """

    def disguise(address: str) -> str:
        known = ip_address(address.partition("%")[0])  # without the zone of a link-local address
        if known.is_loopback:
            return uncloaked_host(address)
        networks = (ip_network((known, width), strict=False) for width in WIDTHS[known.version])
        return ".".join(_word(key, str(network)) for network in networks) + CLOAK_SUFFIX

    return disguise


def _word(key: bytes, network: str) -> str:
    digest = hmac.digest(key, network.encode(), "sha256")
    return b32encode(digest[:WORD_BYTES]).decode().lower()
