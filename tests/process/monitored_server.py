"""Requests to the metrics port of a server process."""

import json
import sqlite3
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from tests.process.server_process import Server
from tests.process.socket_client import TIMEOUT_SECONDS


def metrics_port(server: Server) -> int:
    """Return the port that the server serves metrics on, from its log."""
    (line,) = [line for line in server.log.splitlines() if "Serving metrics at" in line]
    return int(line.rpartition(":")[2].partition("/")[0])


def request(server: Server, path: str, **headers: str) -> tuple[int, str]:
    """Request a path of the metrics port; return the status and the body."""
    connection = HTTPConnection("127.0.0.1", metrics_port(server), timeout=TIMEOUT_SECONDS)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body


def request_json(server: Server, path: str, **headers: str) -> tuple[int, Any]:
    """Request a path of the metrics port; return the status and the JSON body."""
    status, body = request(server, path, **headers)
    return status, json.loads(body)


def authorization(server: Server) -> str:
    """Return the header with which the server serves `/top`, from its database."""
    with closing(sqlite3.connect(server.database)) as database:
        (token,) = database.execute("SELECT value FROM server_secret WHERE name = 'top'").fetchone()
    return f"Bearer {token}"
