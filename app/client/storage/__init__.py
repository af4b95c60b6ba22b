"""What the client keeps between two starts: rooms, input history, passwords in a keyring."""
