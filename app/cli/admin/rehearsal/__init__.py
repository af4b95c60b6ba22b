"""A rehearsal of a restore: a server on a copy of a backup, and a client that uses it."""
