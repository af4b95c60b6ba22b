"""Connects to a server over TCP or TLS, and explains failures."""

import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

from app.errors import ChatError

CONNECT_TIMEOUT_SECONDS = 15.0


class Unreachable(Exception):
    """The server cannot be reached; a transient failure."""


class UnknownHost(Unreachable):
    """The name of the server cannot be resolved."""


class NoSuchServer(ChatError):
    """The name of the server could not be resolved at the first attempt: most likely a mistake."""


class Untrusted(ChatError):
    """The server's certificate or TLS handshake was rejected; a permanent failure."""


class UnverifiedCertificate(Untrusted):
    """The server's certificate cannot be verified; `problem` is one sentence that says why."""

    def __init__(self, problem: str) -> None:
        super().__init__(
            f"{problem} Nothing was sent. "
            "If you trust the authority that signed it, pass its certificate with --tls-ca."
        )
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a server and the TLS options."""

    host: str
    port: int
    has_tls: bool = False
    must_verify: bool = True
    ca_file: Path | None = None

    def __str__(self) -> str:
        return f"{self.host} port {self.port}{' with TLS' if self.has_tls else ''}"

    @property
    def is_private(self) -> bool:
        """Whether the traffic is encrypted or does not leave this machine."""
        return self.has_tls or is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


def connect(address: Address) -> socket.socket:
    """Return a connected, non-blocking socket.

    Raises: UnknownHost if the name cannot be resolved; Unreachable for another transient failure;
        Untrusted for a permanent one.
    """
    plain = _connect_tcp(address)
    try:
        connected = _start_tls(plain, address) if address.has_tls else plain
    except BaseException:
        plain.close()
        raise
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.setblocking(False)
    return connected


def _connect_tcp(address: Address) -> socket.socket:
    try:
        return socket.create_connection((address.host, address.port), CONNECT_TIMEOUT_SECONDS)
    except (socket.gaierror, UnicodeError) as error:  # UnicodeError: the name is not valid IDNA
        raise UnknownHost(f"Unknown host {address.host}.") from error
    except OSError as error:
        raise Unreachable(explain(error, address)) from error


def _start_tls(plain: socket.socket, address: Address) -> ssl.SSLSocket:
    """Perform the TLS handshake, verifying the certificate unless that is disabled."""
    try:
        return _context(address).wrap_socket(plain, server_hostname=address.host)
    except ssl.SSLCertVerificationError as error:
        problem = f"Cannot verify the certificate of {address.host}: {error.verify_message.rstrip('.')}."
        raise UnverifiedCertificate(problem) from error
    except ssl.SSLEOFError as error:  # the server closed during the handshake
        raise Unreachable("The server closed the connection.") from error
    except ssl.SSLError as error:
        raise Untrusted(
            f"The TLS handshake with {address} failed ({error.reason}). Is this the TLS port?"
        ) from error
    except OSError as error:
        raise Unreachable(explain(error, address)) from error


def _context(address: Address) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=address.ca_file)
    if not address.must_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def explain(error: OSError, address: Address) -> str:
    """Return a sentence that explains why a connection failed."""
    if isinstance(error, ConnectionRefusedError):
        return f"No server is listening on {address}."
    if isinstance(error, TimeoutError):
        return f"No response from {address}."
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "The server closed the connection."
    return f"{error.strerror or error}."
