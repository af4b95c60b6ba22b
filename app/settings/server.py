"""The settings of `chat-server` and `chat-admin`, and the contradictions between them."""

from collections.abc import Iterator
from itertools import combinations

from app.settings.sections.access import AccessSettings
from app.settings.sections.identity import IdentitySettings
from app.settings.sections.listeners import ListenerSettings
from app.settings.sections.messaging import MessagingSettings


class ServerSettings(MessagingSettings, AccessSettings, IdentitySettings, ListenerSettings):
    """The settings of `chat-server` and `chat-admin`."""

    @property
    def has_tls(self) -> bool:
        """Whether a certificate and its key are configured."""
        return self.tls_cert is not None and self.tls_key is not None


def find_server_faults(settings: ServerSettings) -> Iterator[str]:
    """Yield a message for each contradiction between settings and each unusable file."""
    yield from _find_tls_faults(settings)
    yield from _find_port_faults(settings)
    yield from _find_mail_faults(settings)


def _find_tls_faults(settings: ServerSettings) -> Iterator[str]:
    certificate, key = settings.tls_cert, settings.tls_key
    if (certificate is None) != (key is None):
        yield "tls_cert and tls_key must be set together, but only one of them is set."
    elif certificate and key:
        from app.settings.certificates import find_pair_fault  # slow to import

        if reason := find_pair_fault(certificate, key):
            yield f"tls_cert and tls_key cannot be used: {reason}."
    if certificate is None and key is None and settings.websocket_tls_port is not None:
        yield "websocket_tls_port requires tls_cert and tls_key."
    if settings.sts_seconds and not (settings.has_tls and settings.tls_port):
        yield "sts_seconds requires tls_cert, tls_key and a tls_port other than 0."


def _find_port_faults(settings: ServerSettings) -> Iterator[str]:
    ports = {"port": settings.port, "websocket_port": settings.websocket_port}
    if settings.has_tls:
        ports |= {"tls_port": settings.tls_port, "websocket_tls_port": settings.websocket_tls_port}
    for first, second in combinations(sorted(ports), 2):
        if ports[first] == ports[second] and ports[first]:
            yield f"{first} and {second} are both {ports[first]}; each listener needs its own port."


def _find_mail_faults(settings: ServerSettings) -> Iterator[str]:
    if (settings.mailer is None) != (settings.mail_from is None):
        yield "mailer and mail_from must be set together, but only one of them is set."
