"""The engine's access to the log: reading, committing and upkeep on one connection."""
