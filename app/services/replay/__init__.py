"""Replays the log into a scratch database, and compares its tables with the stored ones."""
