"""Finds the links in a text: http, https, irc, ircs and mailto.

Only complete URLs are links, because the top-level domains that would tell `example.org` from the
name of a file change all the time.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from app.text.sanitise import PLACEHOLDER

SCHEMES = frozenset(("http", "https", "irc", "ircs", "mailto"))
# Punctuation after a link that linkify-it takes for a part of it, also if there are several.
TRAILING = ".,!?;:”’»›…。，、！？：；】』」》〉"
NOT_ESCAPED = "%/:@!$&'()*+,;=~?[]"  # RFC 3986: the reserved characters, and those escaped already


@dataclass(frozen=True, slots=True)
class TextLink:
    """A link at `text[start:end]`; the URL is in ASCII, ready to be opened (RFC 3986)."""

    start: int
    end: int
    url: str


def find_links(text: str) -> list[TextLink]:
    """Return the links in a sanitised text, in order.

    Punctuation and closing brackets at the end of a link are excluded unless the brackets are
    opened in it. A link with a character that is not displayed is left out.
    """
    if "://" not in text and "mailto:" not in text.lower():
        return []
    matches = _linkifier().match(text.replace("`", " ")) or []
    links = (_to_link(text, match.index, match.last_index) for match in matches)
    return [link for link in links if link is not None]


def to_url(text: str) -> str | None:
    """Return a URL in ASCII, with the host in Punycode (IDNA 2008), or None if it is not valid."""
    import idna

    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        plain = host if host.isascii() else idna.encode(host, uts46=True).decode()
        port = f":{parts.port}" if parts.port is not None else ""
    except (ValueError, UnicodeError):
        return None
    if parts.scheme not in SCHEMES or (parts.scheme != "mailto" and not plain):
        return None
    user, has_user, _ = parts.netloc.rpartition("@")
    netloc = f"{_escape(user)}{has_user}{plain}{port}"
    return urlunsplit((parts.scheme, netloc, *map(_escape, (parts.path, parts.query, parts.fragment))))


def _escape(part: str) -> str:
    return quote(part, safe=NOT_ESCAPED)


def _to_link(text: str, start: int, end: int) -> TextLink | None:
    shown = text[start:end].rstrip(TRAILING)
    if shown.endswith("）") and shown.count("）") > shown.count("（"):
        shown = shown[:-1].rstrip(TRAILING)
    url = None if PLACEHOLDER in shown else to_url(shown)
    return TextLink(start, start + len(shown), url) if url else None


@lru_cache(maxsize=1)
def _linkifier() -> Any:
    """Return the library's matcher, which is slow to build, for complete URLs only."""
    from linkify_it import LinkifyIt

    linkifier = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for schema in ("irc:", "ircs:"):
        linkifier.add(schema, "http:")
    for schema in ("ftp:", "//"):
        linkifier.add(schema, None)
    return linkifier
