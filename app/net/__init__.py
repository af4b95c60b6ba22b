"""The only server package with sockets and TLS."""
