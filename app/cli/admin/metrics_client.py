"""Requests to the metrics port of the running server."""

import json
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from app.errors import ChatError
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


def fetch_figures(address: str) -> dict[str, Any]:
    """Return the figures of `/top`.

    Raises: ChatError when the server cannot be reached or does not serve them.
    """
    try:
        with _open(Request(f"{address}/top"), timeout=TIMEOUT_SECONDS) as response:
            figures = json.loads(response.read(MAX_BYTES))
    except HTTPError as error:
        error.close()
        raise ChatError(_explain_status(address, error.code)) from error
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
    if status == 403:
        return f"{address} shows these figures only to its own machine. Run the command there."
    if status == 503:
        return f"The server at {address} is starting or busy. Try again in a moment."
    return f"{address}/top answers with {status}. Check that metrics_port is that of a chat server."
