"""Web origins in the form in which browsers send them (RFC 6454 section 6.2).

A browser sends the scheme and the host in lower case, a host name with other than ASCII letters as
A-labels (`xn--...`), and the port only if it is not the default of the scheme. Settings and
`Origin` headers are both brought into this form before they are compared.
"""

import re
from collections.abc import Container
from ipaddress import IPv4Address, IPv6Address

DEFAULT_PORTS = {"http": 80, "https": 443}
EXPECTED = "must be origins such as https://chat.example.org, without a path"
_ORIGIN = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|[^\s/\\?#@:\[\]]{1,253})(?::([0-9]{1,5}))?/?", re.IGNORECASE | re.ASCII
)
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")


def normalise_origin(text: str) -> str:
    """Return an origin as browsers send it, without a final slash.

    Raises: ValueError when the text is not the origin of a web page.
    """
    if text == "null":
        raise ValueError('must not be "null", because any page can send that from a sandboxed frame')
    found = _ORIGIN.fullmatch(text)
    if found is None:
        raise ValueError(EXPECTED)
    scheme, host = found[1].lower(), _normalise_host(found[2].lower())
    port = DEFAULT_PORTS[scheme] if found[3] is None else int(found[3])
    if not 1 <= port <= 65535:
        raise ValueError("must be origins whose port, if any, is from 1 to 65535")
    return f"{scheme}://{host}" if port == DEFAULT_PORTS[scheme] else f"{scheme}://{host}:{port}"


def is_listed(header: str, origins: Container[str]) -> bool:
    """Return whether an `Origin` header names one of the normalised origins."""
    try:
        return normalise_origin(header) in origins
    except ValueError:
        return False


def _normalise_host(host: str) -> str:
    """Return a host name in lower case as A-labels, or an address in its canonical form.

    Raises: ValueError.
    """
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1])}]"
        name = host if host.isascii() else _to_ascii(host)
        return str(IPv4Address(name)) if name.rpartition(".")[2].isdigit() else _check_name(name)
    except ValueError:
        raise ValueError(EXPECTED) from None


def _to_ascii(host: str) -> str:
    """Return the A-labels of an internationalised name, as browsers compute them (UTS #46).

    Raises: ValueError.
    """
    import idna  # imported late: rarely needed, and its tables are large

    return idna.encode(host, uts46=True).decode()


def _check_name(name: str) -> str:
    if not _HOST.fullmatch(name):
        raise ValueError(EXPECTED)
    return name
