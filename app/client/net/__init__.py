"""The connection: TCP, TLS and reconnection. No other part of the client uses sockets."""
