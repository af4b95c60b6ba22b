"""Making a connection, and saying in a sentence why there is none."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

from app.errors import ChatError

CONNECT_TIMEOUT_SECONDS = 15.0
LOOPBACK = ("127.", "::1", "localhost")


class Unreachable(Exception):
    """There is no connection now; later there may be one."""


class Untrusted(ChatError):
    """The server is not the one it should be, or does not speak as asked; trying again changes nothing."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is and how to talk to it."""

    host: str
    port: int
    has_tls: bool = False
    must_verify: bool = True
    authorities: Path | None = None

    def __str__(self) -> str:
        return f"{self.host} port {self.port}{' with TLS' if self.has_tls else ''}"

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read what is sent."""
        return self.has_tls or self.host.startswith(LOOPBACK)


def dial(address: Address) -> socket.socket:
    """Return a connected socket that does not block.

    Raises: Unreachable, or Untrusted when another attempt would end the same way.
    """
    plain = _connect(address)
    try:
        connected = _secure(plain, address) if address.has_tls else plain
    except BaseException:
        plain.close()
        raise
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setblocking(False)
    return connected


def _connect(address: Address) -> socket.socket:
    """Return a connection to the host, without TLS yet."""
    try:
        return socket.create_connection((address.host, address.port), CONNECT_TIMEOUT_SECONDS)
    except OSError as error:
        raise Unreachable(explain(error, address)) from error
    except UnicodeError as error:  # a host name that cannot be written as IDNA
        raise Unreachable(f"There is no host named {address.host}.") from error


def _secure(plain: socket.socket, address: Address) -> ssl.SSLSocket:
    """Shake hands; the certificate is checked unless that was turned off."""
    try:
        return _context(address).wrap_socket(plain, server_hostname=address.host)
    except ssl.SSLCertVerificationError as error:
        raise Untrusted(
            f"The certificate of {address.host} is refused: {error.verify_message}. Nothing was sent. "
            "If you know the authority that signed it, name its file as tls_ca."
        ) from error
    except ssl.SSLEOFError as error:  # a server that stops in the middle of the handshake
        raise Unreachable("The server closed the connection.") from error
    except ssl.SSLError as error:
        raise Untrusted(
            f"{address} does not answer as TLS ({error.reason}). Is it the port for TLS?"
        ) from error
    except OSError as error:
        raise Unreachable(explain(error, address)) from error


def _context(address: Address) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=address.authorities)
    if not address.must_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def explain(error: OSError, address: Address) -> str:
    """Say in a sentence why there is no connection."""
    if isinstance(error, ConnectionRefusedError):
        return f"No server listens at {address}."
    if isinstance(error, socket.gaierror):
        return f"There is no host named {address.host}."
    if isinstance(error, TimeoutError):
        return f"No answer from {address}."
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "The server closed the connection."
    return f"{error.strerror or error}."
