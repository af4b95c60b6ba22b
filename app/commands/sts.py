"""Strict transport security: clients are sent to TLS, and remember to stay there (IRCv3 sts).

It is listed among the capabilities and is none: it only tells something, and nobody can ask for it.
"""

from app.live.client import Client
from app.settings import ServerSettings

NAME = "sts"


def policy(settings: ServerSettings, client: Client) -> dict[str, str]:
    """Return what to list, if the settings want clients to use TLS.

    Whoever has TLS is told for how many seconds to insist on it, whoever has not at which port it is.
    """
    if not settings.sts_seconds:
        return {}
    return {NAME: f"duration={settings.sts_seconds}" if client.secure else f"port={settings.tls_port}"}


def end(client: Client) -> dict[str, str]:
    """Return what to tell when the settings want it no more: who stays with TLS for its sake need not any longer."""
    return {NAME: "duration=0"} if client.secure else {}
