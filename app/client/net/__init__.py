"""The connection: dialling, TLS, reconnecting. The only part of the client that knows sockets."""
