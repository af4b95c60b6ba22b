"""Files and keyring entries that the client keeps between starts."""
