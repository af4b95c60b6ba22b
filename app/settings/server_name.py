"""Derives the server name that is the source of the server's IRC messages."""

import re
import unicodedata

from app.settings.fields import LABEL

MAX_PREFIX_LENGTH = 63  # characters of a server name, RFC 2812 section 1.1


def derive_prefix(servername: str) -> str:
    """Return the host-like name used as the source of the server's messages.

    A valid host name with a dot is kept. Any other name is reduced to letters, digits and hyphens,
    followed by `.internal`.
    """
    if re.fullmatch(rf"{LABEL}(\.{LABEL})+", servername) and len(servername) <= MAX_PREFIX_LENGTH:
        return servername
    plain = unicodedata.normalize("NFKD", servername).encode("ascii", "ignore").decode().lower()
    max_length = MAX_PREFIX_LENGTH - len(".internal")
    return (re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:max_length].rstrip("-") or "chat") + ".internal"
