"""The connection: connecting, TLS, reconnecting. The only part of the client that uses sockets."""
