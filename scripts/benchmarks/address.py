"""Where a server listens."""

import socket
import ssl
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Address:
    """A host and a port, and whether TLS is spoken there."""

    host: str
    port: int
    tls: bool = False

    def new_socket(self) -> socket.socket:
        """Return a socket that can connect to it, and speaks TLS if that is wanted; hands are shaken on the way."""
        made = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET, socket.SOCK_STREAM)
        if self.tls:
            made = _trusting().wrap_socket(made, do_handshake_on_connect=False)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


@cache
def _trusting() -> ssl.SSLContext:
    """Return what all measuring connections have in common: who the server is does not matter to them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
