"""The settings of `chat-server` and `chat-admin`: what there is, in which range, with which default."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Literal

from pydantic import Field

from app.settings.base import RESTART, SECRET, SECURITY, Settings
from app.settings.certificates import find_pair_fault
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
    WholeNumber,
)


class IdentitySettings(Settings):
    """Who the server is, and where it keeps what it knows."""

    servername: Name = Field(
        "Server",
        json_schema_extra=RESTART,
        description="Name that people read; it is the name of the network.",
    )
    node: NodeName = Field(
        "main", json_schema_extra=RESTART, description="Name of this server among those sharing a database."
    )
    motd: str = Field("", max_length=16384, description="Message of the day; may have several lines.")
    dbname: TextLine = Field(
        "chat.db",
        repr=False,
        json_schema_extra={"secret": True} | RESTART,
        description="SQLite file or database URL.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least important kind of line that is logged."
    )


class ListenerSettings(Settings):
    """Where the server listens, and for whom."""

    ip: Host = Field(
        "127.0.0.1",
        json_schema_extra=RESTART,
        description="Address to listen on; 0.0.0.0 or :: is every interface.",
    )
    port: Port = Field(
        6667, json_schema_extra=RESTART, description="TCP port for plain connections; 0 takes any free one."
    )
    tls_cert: Path | None = Field(
        None, json_schema_extra=SECURITY, description="PEM file with the certificate chain; needs tls_key."
    )
    tls_key: Path | None = Field(
        None, json_schema_extra=SECURITY, description="PEM file with the private key, without a passphrase."
    )
    tls_port: Port = Field(
        6697,
        json_schema_extra=SECURITY | RESTART,
        description="TCP port for TLS, used when tls_cert and tls_key are set.",
    )
    sts_seconds: WholeNumber = Field(
        0,
        ge=0,
        le=315360000,
        json_schema_extra=SECURITY,
        description="Seconds for which clients insist on TLS once they used it; 0 sends nobody to TLS.",
    )
    metrics_ip: Host = Field(
        "127.0.0.1",
        json_schema_extra=SECURITY | RESTART,
        description="Address on which metrics are told; used with metrics_port.",
    )
    metrics_port: OptionalPort = Field(
        None,
        json_schema_extra=SECURITY | RESTART,
        description="TCP port for metrics over HTTP, as Prometheus reads them; 0 takes any free one.",
    )
    websocket_port: OptionalPort = Field(
        None,
        json_schema_extra=RESTART,
        description="TCP port for WebSocket connections; 0 takes any free one.",
    )
    websocket_tls_port: OptionalPort = Field(
        None,
        json_schema_extra=RESTART,
        description="TCP port for WebSocket within TLS; needs tls_cert and tls_key.",
    )
    websocket_origins: Origins = Field(
        (),
        json_schema_extra=SECURITY,
        description="Web pages that may connect by WebSocket; none named means any.",
    )
    proxy_from: Networks = Field(
        (),
        json_schema_extra=SECURITY,
        description="Addresses of reverse proxies, which begin with a PROXY header.",
    )
    max_connections: WholeNumber = Field(12000, ge=1, le=100000, description="Most connections at a time.")
    max_connections_per_address: WholeNumber = Field(
        64,
        ge=1,
        le=100000,
        json_schema_extra=SECURITY,
        description="Most connections at a time from one address; loopback and proxies are exempt.",
    )
    max_unregistered: WholeNumber = Field(
        2000, ge=1, le=100000, description="Most connections at a time that have not finished logging in."
    )
    register_timeout: WholeNumber = Field(
        60, ge=1, le=3600, description="Seconds a new connection has to log in."
    )
    ping_interval: WholeNumber = Field(
        120, ge=1, le=86400, description="Seconds of silence before a PING is sent."
    )
    ping_timeout: WholeNumber = Field(
        120, ge=1, le=86400, description="Seconds the answer to a PING may take."
    )
    sendq: WholeNumber = Field(
        4194304,
        ge=65536,
        le=1 << 30,
        description="Bytes waiting for a slow client before it is disconnected.",
    )
    flushers: WholeNumber = Field(
        1,
        ge=1,
        le=32,
        json_schema_extra=RESTART,
        description="Threads that send to clients; more can pay for TLS, on four processors or more.",
    )
    io_uring: bool = Field(
        True,
        json_schema_extra=RESTART,
        description="Whether to send and receive with io_uring, where the system allows it.",
    )


class AccessSettings(Settings):
    """Who gets in, and what they have to show for it."""

    password: Password | None = Field(
        None,
        repr=False,
        json_schema_extra=SECRET,
        description="Password everybody needs to connect: plain text or an Argon2id hash.",
    )
    operators: Operators = Field(
        {},
        repr=False,
        json_schema_extra=SECRET,
        description="Names for OPER, each with the Argon2id hash of its password.",
    )
    cloak: bool = Field(
        True,
        json_schema_extra=SECURITY | RESTART,
        description="Whether others see a cloak instead of somebody's address.",
    )
    login_attempts: WholeNumber = Field(
        10,
        ge=1,
        le=10000,
        json_schema_extra=SECURITY,
        description="Failed log-ins per address in 5 minutes; per account ten times as many, from strangers.",
    )
    registration: Literal["open", "invitation", "closed"] = Field(
        "open",
        json_schema_extra=SECURITY,
        description="Whether people may register accounts themselves, or need an invitation for it.",
    )
    mailer: CommandLine | None = Field(
        None,
        json_schema_extra=SECURITY,
        description="Program that takes mail on its standard input; with it, e-mail addresses are verified.",
    )
    mail_from: Email | None = Field(
        None, json_schema_extra=SECURITY, description="Address that such mail is from; needs mailer."
    )
    register_before_connect: bool = Field(
        True,
        json_schema_extra=SECURITY,
        description="Whether an account may be made before one has finished connecting.",
    )
    registrations_per_address: WholeNumber = Field(
        10,
        ge=0,
        le=10000,
        json_schema_extra=SECURITY,
        description="Accounts registered from one address per hour; 0 is no limit.",
    )
    password_shortest: WholeNumber = Field(
        6,
        ge=1,
        le=128,
        json_schema_extra=SECURITY,
        description="Characters that a new password has at least.",
    )
    flood_burst: WholeNumber = Field(60, ge=1, le=100000, description="Command cost accepted at once.")
    flood_rate: WholeNumber = Field(
        20,
        ge=0,
        le=100000,
        json_schema_extra=SECURITY,
        description="Command cost accepted per second after a burst; 0 is no limit.",
    )


class MessagingSettings(Settings):
    """What people can do in rooms, and how much of it."""

    buffer: BufferBytes = Field(4096, description="Bytes accepted for the text of one message.")
    auto_join: Rooms = Field(("#general",), description="Rooms that everybody is in after connecting.")
    replay: WholeNumber = Field(
        50, ge=0, le=1000, description="Lines shown on joining to clients that cannot ask for history."
    )
    history_limit: WholeNumber = Field(
        1000, ge=1, le=10000, description="Most lines that one history request gets."
    )
    nick_length: WholeNumber = Field(32, ge=1, le=64, description="Characters of a nick at most.")
    room_length: WholeNumber = Field(64, ge=2, le=128, description="Characters of a room's name at most.")
    topic_length: WholeNumber = Field(390, ge=1, le=4096, description="Characters of a topic at most.")
    max_rooms: WholeNumber = Field(10000, ge=1, le=1000000, description="Most rooms.")
    max_rooms_per_user: WholeNumber = Field(
        100, ge=1, le=10000, description="Most rooms one connection is in, and one address makes in an hour."
    )
    max_targets: WholeNumber = Field(10, ge=1, le=100, description="Most targets of one message.")
    max_list_entries: WholeNumber = Field(
        100, ge=1, le=10000, description="Most masks in each list of a room."
    )
    always_on: Literal["off", "opt-in", "opt-out"] = Field(
        "opt-in",
        description="Whether accounts stay in their rooms without a device: none, who wants, or all.",
    )
    always_on_days: WholeNumber = Field(
        90, ge=0, le=36500, description="Days somebody stays so without a device; 0 is for ever."
    )
    max_monitored: WholeNumber = Field(
        100, ge=1, le=10000, description="Most nicks that one connection watches with MONITOR."
    )
    max_metadata: WholeNumber = Field(
        50, ge=0, le=1000, description="Most keys that one person or room says something under (METADATA)."
    )


class ServerSettings(MessagingSettings, AccessSettings, IdentitySettings, ListenerSettings):
    """Everything that serverSetup.json and CHAT_ variables may set."""

    @property
    def has_tls(self) -> bool:
        """Whether there is a TLS listener."""
        return self.tls_cert is not None and self.tls_key is not None


def find_server_faults(settings: ServerSettings) -> Iterator[str]:
    """Say what contradicts what, and which of the files and programs that are named cannot be used."""
    yield from _faults_of_tls(settings)
    yield from _faults_of_ports(settings)
    yield from _faults_of_mail(settings)


def _faults_of_tls(settings: ServerSettings) -> Iterator[str]:
    certificate, key = settings.tls_cert, settings.tls_key
    if (certificate is None) != (key is None):
        yield "tls_cert and tls_key need each other, and only one of them is set; nothing is started."
    elif certificate and key and (reason := find_pair_fault(certificate, key)):
        yield f"tls_cert and tls_key cannot be used, so nothing is started: {reason}."
    if certificate is None and key is None and settings.websocket_tls_port is not None:
        yield "websocket_tls_port needs tls_cert and tls_key; nothing is started."
    if settings.sts_seconds and not (settings.has_tls and settings.tls_port):
        yield "sts_seconds needs tls_cert, tls_key and a tls_port other than 0; nothing is started."


def _faults_of_ports(settings: ServerSettings) -> Iterator[str]:
    ports = {"port": settings.port, "websocket_port": settings.websocket_port}
    if settings.has_tls:
        ports |= {"tls_port": settings.tls_port, "websocket_tls_port": settings.websocket_tls_port}
    for one, other in combinations(sorted(ports), 2):
        if ports[one] == ports[other] and ports[one]:
            yield f"{one} and {other} are both {ports[one]}; nothing is started."


def _faults_of_mail(settings: ServerSettings) -> Iterator[str]:
    if (settings.mailer is None) != (settings.mail_from is None):
        yield "mailer and mail_from need each other, and only one of them is set; nothing is started."
