"""The nodes: the servers that share a database, and their leases."""
