"""Transports between a socket's bytes and IRC: TLS and WebSocket."""
