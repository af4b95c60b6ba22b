"""Server addresses."""

import socket
import ssl
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Address:
    """A host, a port, and whether it uses TLS."""

    host: str
    port: int
    tls: bool = False

    def new_socket(self) -> socket.socket:
        """Return an unconnected socket; with TLS, the handshake happens on first use."""
        made = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_STREAM)
        if self.tls:
            made = _unverified_context().wrap_socket(made, do_handshake_on_connect=False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


@cache
def _unverified_context() -> ssl.SSLContext:
    """Return a context that accepts any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
