"""The engine's access to the log: reading, writing and upkeep on one connection."""
