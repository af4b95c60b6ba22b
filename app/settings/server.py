"""The settings of `chat-server` and `chat-admin`, with their ranges and defaults."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Literal

from pydantic import Field

from app.settings.base import RESTART, SECRET, SECURITY, Settings
from app.settings.fields import (
    BufferBytes,
    CommandLine,
    Email,
    Host,
    Name,
    Networks,
    NodeName,
    Operators,
    OptionalPort,
    Origins,
    Password,
    Port,
    Rooms,
    TextLine,
    Url,
    WholeNumber,
)


class IdentitySettings(Settings):
    """The identity of the server, its database and its log."""

    servername: Name = Field(
        "Server",
        json_schema_extra=RESTART,
        description="Display name of the server and the network.",
    )
    node: NodeName = Field(
        "main",
        json_schema_extra=RESTART,
        description="Name of this server, stored with its sessions. Several servers on one database are refused.",
    )
    motd: str = Field("", max_length=16384, description="Message of the day; may contain several lines.")
    icon: Url | None = Field(
        None, description="Web address (http or https) of an image that clients show for the network."
    )
    dbname: TextLine = Field(
        "chat.db",
        repr=False,
        json_schema_extra={"secret": True} | RESTART,
        description="SQLite file or database URL.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Minimum severity of the messages that are logged."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="Format of the log: lines of text, or one JSON object per line."
    )


class ListenerSettings(Settings):
    """Listeners, TLS, and the limits and timeouts of connections."""

    ip: Host = Field(
        "127.0.0.1",
        json_schema_extra=RESTART,
        description="Address to listen on; 0.0.0.0 or :: means all interfaces.",
    )
    port: Port = Field(
        6667,
        json_schema_extra=RESTART,
        description="TCP port for plain-text connections; 0 chooses a free port.",
    )
    tls_cert: Path | None = Field(
        None, json_schema_extra=SECURITY, description="PEM file with the certificate chain; requires tls_key."
    )
    tls_key: Path | None = Field(
        None,
        json_schema_extra=SECURITY,
        description="PEM file with the unencrypted private key; requires tls_cert.",
    )
    tls_port: Port = Field(
        6697,
        json_schema_extra=SECURITY | RESTART,
        description="TCP port for TLS, if tls_cert and tls_key are set; 0 chooses a free port.",
    )
    sts_seconds: WholeNumber = Field(
        0,
        ge=0,
        le=315360000,
        json_schema_extra=SECURITY,
        description="Seconds for which clients must keep using TLS (IRCv3 STS); 0 disables STS.",
    )
    metrics_ip: Host = Field(
        "127.0.0.1",
        json_schema_extra=SECURITY | RESTART,
        description="Address on which metrics are served, if metrics_port is set.",
    )
    metrics_port: OptionalPort = Field(
        None,
        json_schema_extra=SECURITY | RESTART,
        description="TCP port for Prometheus metrics and health checks over HTTP; 0 chooses a free port.",
    )
    websocket_port: OptionalPort = Field(
        None,
        json_schema_extra=RESTART,
        description="TCP port for WebSocket connections; 0 chooses a free port.",
    )
    websocket_tls_port: OptionalPort = Field(
        None,
        json_schema_extra=RESTART,
        description="TCP port for WebSocket over TLS; requires tls_cert and tls_key.",
    )
    websocket_origins: Origins = Field(
        (),
        json_schema_extra=SECURITY,
        description="Origins of web pages that may connect by WebSocket; an empty list allows all.",
    )
    proxy_from: Networks = Field(
        (),
        json_schema_extra=SECURITY,
        description="Addresses of reverse proxies, which must send a PROXY protocol header.",
    )
    max_connections: WholeNumber = Field(
        12000, ge=1, le=100000, description="Maximum number of simultaneous connections."
    )
    max_connections_per_address: WholeNumber = Field(
        64,
        ge=1,
        le=100000,
        json_schema_extra=SECURITY,
        description="Maximum number of simultaneous connections from one address or IPv6 /64 network; "
        "loopback and proxies are exempt.",
    )
    max_unregistered: WholeNumber = Field(
        2000,
        ge=1,
        le=100000,
        description="Maximum number of simultaneous connections that have not completed registration.",
    )
    register_timeout: WholeNumber = Field(
        60,
        ge=1,
        le=3600,
        description="Time within which a new connection must complete registration, in seconds.",
    )
    ping_interval: WholeNumber = Field(
        120, ge=1, le=86400, description="Idle time after which the server sends a PING, in seconds."
    )
    ping_timeout: WholeNumber = Field(
        120, ge=1, le=86400, description="Time to wait for the reply to a PING, in seconds."
    )
    sendq: WholeNumber = Field(
        4194304,
        ge=65536,
        le=1 << 30,
        description="Maximum size of a client's send queue, in bytes; a client that exceeds it is disconnected.",
    )
    flushers: WholeNumber = Field(
        1,
        ge=1,
        le=32,
        json_schema_extra=RESTART,
        description="Number of threads that send to clients; more than one can help with TLS on four or more CPUs.",
    )
    io_uring: bool = Field(
        True,
        json_schema_extra=RESTART,
        description="Whether to use io_uring for sending and receiving, if the kernel allows it.",
    )


class AccessSettings(Settings):
    """Passwords, accounts, and protection against abuse."""

    password: Password | None = Field(
        None,
        repr=False,
        json_schema_extra=SECRET,
        description="Password required to connect: plain text or an Argon2id hash.",
    )
    operators: Operators = Field(
        {},
        repr=False,
        json_schema_extra=SECRET,
        description="Operator names for OPER, each with the Argon2id hash of its password.",
    )
    cloak: bool = Field(
        True,
        json_schema_extra=SECURITY | RESTART,
        description="Whether users see cloaks instead of the addresses of other users.",
    )
    login_attempts: WholeNumber = Field(
        10,
        ge=1,
        le=10000,
        json_schema_extra=SECURITY,
        description="Failed logins allowed per address in 5 minutes; ten times as many per account.",
    )
    registration: Literal["open", "invitation", "closed"] = Field(
        "open",
        json_schema_extra=SECURITY,
        description="Who may register an account: everyone, users with an invitation, or no one.",
    )
    mailer: CommandLine | None = Field(
        None,
        json_schema_extra=SECURITY,
        description="Command that sends the mail on its standard input; enables the verification of e-mail addresses.",
    )
    mail_from: Email | None = Field(
        None, json_schema_extra=SECURITY, description="Sender address of verification mail; requires mailer."
    )
    register_before_connect: bool = Field(
        True,
        json_schema_extra=SECURITY,
        description="Whether an account may be registered before the connection is registered.",
    )
    registrations_per_address: WholeNumber = Field(
        10,
        ge=0,
        le=10000,
        json_schema_extra=SECURITY,
        description="Maximum number of accounts registered from one address per hour; 0 means no limit.",
    )
    password_shortest: WholeNumber = Field(
        6,
        ge=1,
        le=128,
        json_schema_extra=SECURITY,
        description="Minimum length of a new password, in characters.",
    )
    flood_burst: WholeNumber = Field(
        60, ge=1, le=100000, description="Maximum cost of the commands a client may send in one burst."
    )
    flood_rate: WholeNumber = Field(
        20,
        ge=0,
        le=100000,
        json_schema_extra=SECURITY,
        description="Cost of the commands a client may send per second after a burst; 0 means no limit.",
    )


class MessagingSettings(Settings):
    """Messages, rooms and history, and their limits."""

    buffer: BufferBytes = Field(4096, description="Maximum size of one message's text, in bytes.")
    auto_join: Rooms = Field(
        ("#general",), description="Rooms that users join automatically when they connect."
    )
    replay: WholeNumber = Field(
        100,
        ge=0,
        le=1000,
        description="Maximum number of messages replayed on JOIN to clients that cannot request history: those that"
        " the user missed or, on the first visit, the latest.",
    )
    history_limit: WholeNumber = Field(
        1000, ge=1, le=10000, description="Maximum number of messages returned by one history request."
    )
    retention_days: WholeNumber = Field(
        0,
        ge=0,
        le=36500,
        json_schema_extra=SECURITY,
        description="Days after which the history of rooms without a retention of their own is deleted; 0 means"
        " never.",
    )
    direct_retention_days: WholeNumber = Field(
        0,
        ge=0,
        le=36500,
        json_schema_extra=SECURITY,
        description="Days after which private messages are deleted; 0 means never.",
    )
    nick_length: WholeNumber = Field(32, ge=1, le=64, description="Maximum length of a nick, in characters.")
    room_length: WholeNumber = Field(
        64, ge=2, le=128, description="Maximum length of a room name, in characters."
    )
    topic_length: WholeNumber = Field(
        390, ge=1, le=4096, description="Maximum length of a topic, in characters."
    )
    max_rooms: WholeNumber = Field(10000, ge=1, le=1000000, description="Maximum number of rooms.")
    max_rooms_per_user: WholeNumber = Field(
        100,
        ge=1,
        le=10000,
        description="Maximum number of rooms one connection may join, and one address may create per hour.",
    )
    max_targets: WholeNumber = Field(
        10, ge=1, le=100, description="Maximum number of targets of one message."
    )
    max_list_entries: WholeNumber = Field(
        100, ge=1, le=10000, description="Maximum number of masks in each mask list of a room."
    )
    always_on: Literal["off", "opt-in", "opt-out"] = Field(
        "opt-in",
        description="Whether accounts stay in their rooms without a device: never, on request, or by default.",
    )
    always_on_days: WholeNumber = Field(
        90,
        ge=0,
        le=36500,
        description="Days after which an always-on account without a device leaves its rooms; 0 means never.",
    )
    name_reservation_days: WholeNumber = Field(
        365,
        ge=0,
        le=36500,
        description="Days for which nobody may use the name of a deleted account, or the former name of a renamed"
        " one; 0 means that it is free at once.",
    )
    max_monitored: WholeNumber = Field(
        100, ge=1, le=10000, description="Maximum number of nicks one connection may watch with MONITOR."
    )
    max_metadata: WholeNumber = Field(
        50, ge=0, le=1000, description="Maximum number of METADATA keys of one user or room."
    )


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
