"""The receiving side of a connection: from socket to submitted units."""
