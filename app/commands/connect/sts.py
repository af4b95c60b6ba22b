"""Strict transport security: clients are sent to TLS, and remember to stay there (IRCv3 sts).

It is listed among the capabilities and is none: it only tells something, and nobody can ask for it.
"""

from app.settings import ServerSettings

STS = "sts"


def sts_policy(settings: ServerSettings, is_secure: bool) -> dict[str, str]:
    """Return what to list, if the settings want clients to use TLS.

    Whoever has TLS is told for how many seconds to insist on it, whoever has not at which port it is.
    """
    if not settings.sts_seconds:
        return {}
    return {STS: f"duration={settings.sts_seconds}" if is_secure else f"port={settings.tls_port}"}


def changed_policy(before: ServerSettings, after: ServerSettings, is_secure: bool) -> dict[str, str]:
    """Return what other settings change; a policy never goes: who stays with TLS for its sake is told that it ends."""
    old, now = (sts_policy(settings, is_secure) for settings in (before, after))
    if old and not now:
        return {STS: "duration=0"} if is_secure else {}
    return {} if old == now else now
