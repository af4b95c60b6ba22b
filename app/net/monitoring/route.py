"""The routes of the metrics port: what a path replies, and to whom."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import ip_address
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Reply:
    """The body of a response."""

    body: bytes
    content_type: str
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True)
class Route:
    """A path that is served.

    One with a token is served only to the machine itself, and only to requests with the token
    (RFC 6750: `Authorization: Bearer`).
    """

    reply: Callable[[], Reply]
    token: str | None = None


Routes = Mapping[str, Route]


def json_reply(value: object, status: HTTPStatus = HTTPStatus.OK) -> Reply:
    """Return a value as JSON."""
    return Reply(json.dumps(value).encode() + b"\n", "application/json", status)


def is_loopback(host: str) -> bool:
    """Return whether a host is `localhost` or a loopback address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(header: str) -> str:
    """Return the host in a `Host` header, without its port; "" if it is malformed."""
    try:
        return urlsplit(f"//{header}").hostname or ""
    except ValueError:
        return ""
