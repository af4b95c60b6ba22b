"""The network layer: the only server package that uses sockets and TLS."""
