"""Sessions: disconnects, nick changes, always-on accounts, bans, account roles."""
