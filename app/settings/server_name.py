"""The name of the server as it stands in lines of IRC."""

import re
import unicodedata

from app.settings.fields import LABEL

MAX_PREFIX_LENGTH = 63  # characters of a server's name, RFC 2812 section 1.1


def derive_prefix(servername: str) -> str:
    """Return the host-like name that stands before the server's own lines.

    A name with a dot that could be a host's is kept; any other becomes letters and hyphens under `.internal`.
    """
    if re.fullmatch(rf"{LABEL}(\.{LABEL})+", servername) and len(servername) <= MAX_PREFIX_LENGTH:
        return servername
    plain = unicodedata.normalize("NFKD", servername).encode("ascii", "ignore").decode().lower()
    room = MAX_PREFIX_LENGTH - len(".internal")
    return (re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:room].rstrip("-") or "chat") + ".internal"
