"""Checks of the settings: their values, and which ports they open beyond this machine."""

from collections.abc import Iterator
from ipaddress import ip_address

from app.services.checks.finding import CheckResult, Finding
from app.settings import ResolvedSettings, ServerSettings

CORRECT_SETTING = "Correct it, and run `chat-server check`."


def check_settings(resolved: ResolvedSettings[ServerSettings]) -> CheckResult:
    """Check that all settings are valid."""
    files = ", ".join(map(str, resolved.files)) or "defaults"
    findings = [Finding(problem.sentence, CORRECT_SETTING) for problem in resolved.problems]
    return CheckResult("settings", files, findings)


def check_ports(settings: ServerSettings) -> CheckResult:
    """Check that no port beyond loopback lets passwords or metrics be read by others."""
    ports = [f"{name} {ip} port {port}" for name, ip, port in _list_ports(settings)]
    return CheckResult("ports", ", ".join(ports), list(_find_open_ports(settings)))


def _list_ports(settings: ServerSettings) -> Iterator[tuple[str, str, int]]:
    yield "IRC", settings.ip, settings.port
    if settings.has_tls:
        yield "TLS", settings.ip, settings.tls_port
    if settings.websocket_port is not None:
        yield "WebSocket", settings.ip, settings.websocket_port
    if settings.has_tls and settings.websocket_tls_port is not None:
        yield "WebSocket over TLS", settings.ip, settings.websocket_tls_port
    if settings.metrics_port is not None:
        yield "metrics", settings.metrics_ip, settings.metrics_port


def _find_open_ports(settings: ServerSettings) -> Iterator[Finding]:
    if not is_loopback_host(settings.ip):
        yield from _find_plain_ports(settings)
    if settings.metrics_port is not None and is_public_host(settings.metrics_ip):
        yield Finding(
            f"Metrics have no password, and {settings.metrics_ip} may be reached from other networks.",
            "Set metrics_ip to 127.0.0.1 or to an address of a private network.",
        )


def _find_plain_ports(settings: ServerSettings) -> Iterator[Finding]:
    if not settings.has_tls:
        yield Finding(
            f"Port {settings.port} is reachable beyond this machine, and the server has no TLS: passwords "
            "and messages can be read on the way.",
            "Set tls_cert and tls_key, or set ip to 127.0.0.1.",
        )
    elif not settings.sts_seconds:
        yield Finding(
            f"Port {settings.port} is reachable beyond this machine without TLS.",
            "Let a firewall open only the TLS port, or set sts_seconds so that clients change to TLS.",
        )
    if settings.websocket_port is not None and not settings.proxy_from:
        yield Finding(
            f"Port {settings.websocket_port} (WebSocket) is reachable beyond this machine without TLS.",
            "Set websocket_tls_port and close this one, or put a proxy with TLS in front and name it in "
            "proxy_from.",
        )


def is_loopback_host(host: str) -> bool:
    """Return whether only this machine can reach a listener on the address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public_host(host: str) -> bool:
    """Return whether a listener on the address may be reached from beyond private networks."""
    try:
        address = ip_address(host)
    except ValueError:
        return host != "localhost"
    return address.is_unspecified or not address.is_private
