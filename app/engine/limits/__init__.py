"""Rate limits of connections, commands and log-in attempts."""
