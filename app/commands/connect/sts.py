"""Strict transport security (IRCv3 sts): makes clients connect only over TLS, for a period.

The policy is advertised as a capability, which clients cannot request.
"""

from app.settings import ServerSettings

STS = "sts"


def sts_policy(settings: ServerSettings, is_secure: bool) -> dict[str, str]:
    """Return the policy to list: the port for plaintext clients, the duration for TLS clients."""
    if not settings.sts_seconds:
        return {}
    return {STS: f"duration={settings.sts_seconds}" if is_secure else f"port={settings.tls_port}"}


def changed_policy(before: ServerSettings, after: ServerSettings, is_secure: bool) -> dict[str, str]:
    """Return the policy to announce after a settings change.

    A policy cannot be removed, so a TLS client gets a duration of 0 instead.
    """
    old, now = (sts_policy(settings, is_secure) for settings in (before, after))
    if old and not now:
        return {STS: "duration=0"} if is_secure else {}
    return {} if old == now else now
