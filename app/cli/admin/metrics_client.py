"""Requests to the metrics port of the running server.

`/top` requires a token that the servers on a database share and keep there. It is read only when
the server asks for it, so that a server that does not run is reported as such.
"""

import json
from collections.abc import Callable
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from app.cli.admin.context import require_current
from app.db.database import Database
from app.errors import ChatError
from app.services.secrets import TOP_TOKEN, find_secret
from app.settings import ServerSettings

TIMEOUT_SECONDS = 5.0
MAX_BYTES = 1 << 20  # of an answer; the server's are a few kilobytes
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}

_open = build_opener(ProxyHandler({})).open  # not through a proxy of the environment


def find_address(settings: ServerSettings, port: int | None) -> str:
    """Return the address of the metrics port, such as `http://127.0.0.1:9667`.

    Raises: ChatError when the settings do not name one.
    """
    number = port or settings.metrics_port
    if number is None:
        raise ChatError(
            "The metrics port is off. Set metrics_port, for example to 9667, and restart the server."
        )
    if number == 0:
        raise ChatError(
            "metrics_port is 0, so the server chose a port and logged it when it started. Name it with --port."
        )
    host = WILDCARDS.get(settings.metrics_ip, settings.metrics_ip)
    return f"http://[{host}]:{number}" if ":" in host else f"http://{host}:{number}"


def find_token(database: Database) -> str | None:
    """Return the token with which the servers on a database serve `/top`, or None before the first.

    Raises: ChatError when the database is missing, older, or cannot be read.
    """
    with database.translated_errors():
        require_current(database)
        with database.reading() as session:
            token = find_secret(session.connection(), TOP_TOKEN)
    return None if token is None else token.hex()


class TopClient:
    """Fetches the figures of `/top`."""

    def __init__(self, address: str, read_token: Callable[[], str | None]) -> None:
        self.address = address
        self._read_token = read_token
        self._token: str | None = None

    def fetch(self) -> dict[str, Any]:
        """Return the figures; if the server refuses the token, read the token again.

        Raises: ChatError when the server cannot be reached or does not serve them.
        """
        try:
            return _fetch_figures(self.address, self._token)
        except _Unauthorized:
            self._token = self._read_token()
            return _fetch_figures(self.address, self._token)


class _Unauthorized(ChatError):
    """The server requires another token."""


def _fetch_figures(address: str, token: str | None) -> dict[str, Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    try:
        with _open(Request(f"{address}/top", headers=headers), timeout=TIMEOUT_SECONDS) as response:
            figures = json.loads(response.read(MAX_BYTES))
    except HTTPError as error:
        error.close()
        explanation = _explain_status(address, error.code)
        raise (_Unauthorized if error.code == 401 else ChatError)(explanation) from error
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        raise ChatError(
            f"Cannot read {address}/top ({text}). Check that the server runs with this metrics_port."
        ) from error
    if not isinstance(figures, dict) or "version" not in figures:
        raise ChatError(f"{address}/top is not the metrics port of a chat server. Check metrics_port.")
    return figures


def _explain_status(address: str, status: int) -> str:
    if status == 401:
        return f"The server at {address} runs on another database. Name that database with -d."
    if status == 403:
        return f"{address} shows these figures only to its own machine. Run the command there."
    if status == 503:
        return f"The server at {address} is starting or busy. Try again in a moment."
    return f"{address}/top answers with {status}. Check that metrics_port is that of a chat server."
