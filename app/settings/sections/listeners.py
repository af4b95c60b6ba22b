"""Settings: listeners, TLS, and the limits and timeouts of connections."""

from pathlib import Path

from pydantic import Field

from app.settings.base import RESTART, SECURITY, Settings
from app.settings.fields import Host, Networks, OptionalPort, Origins, Port, WholeNumber


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
