"""The connection: TCP, TLS and reconnecting. No other part of the client uses sockets."""
